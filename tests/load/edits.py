"""Edits plan files while a run goes on, good ones and broken ones, and looks after each step at what runs."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.load.plans import KINDS, edited, text_of
from tests.load.week import Disturber, Week

BROKEN = {
    "syntax": "PLAN {name}\nTRADE {market} ON M1\nWHEN close >> sma(3) THEN BUY 1 lots STOP 2 ATR\n",
    "unknown": "PLAN {name}\nTRADE {market} ON M1\nWHEN close > smaa(3) THEN BUY 1 lots STOP 2 ATR\n",
    "market": "PLAN {name}\nTRADE nowhere ON M1\nWHEN close > sma(3) THEN BUY 1 lots STOP 2 ATR\n",
    "no stop": "PLAN {name}\nTRADE {market} ON M1\nWHEN close > sma(3) THEN BUY 1 lots\n",
}
HARMLESS = ("half", "empty", "not text", "same", "touched")
GOOD = ("cooldown", "entry", "deleted", "renamed", "twice")
ACTS = (*BROKEN, *HARMLESS, *GOOD)


@dataclass
class Desk:
    """What stands in the folder for one plan, and what must run of it: `wanted` None: nothing."""

    number: int
    name: str
    file: str
    wanted: str | None
    written: str
    ran: str | None = None
    broken: bool = False
    doubled: Path | None = None
    waits: bool = False


@dataclass
class Edits(Disturber):
    """`count` edits, spread over the run; `problems` says what ran that should not have, or did not."""

    count: int
    seed: int = 7
    done: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    waiting: int = 0  # edits whose plan held something, so that they took effect later
    versions: int = 0  # versions that ran
    _desks: dict[int, Desk] = field(default_factory=dict)
    _left: list[int] = field(default_factory=list)

    def begin(self, week: Week) -> None:
        """Lay out when."""
        self._random = random.Random(self.seed)
        for i in edited(week.plans):
            text = text_of(i, week.names)
            self._desks[i] = Desk(i, week.name(i), week.file(i), text, text, text)
        minutes = round(week.hours * 60)
        self._left = sorted(self._random.randrange(1, max(2, minutes - 3)) for _ in range(self.count))

    def stepped(self, week: Week) -> None:
        """Look at what runs, then edit what is due."""
        self._look(week)
        free = list(self._desks)  # one edit of a file between two looks: of two the first is never seen
        while free and self._left and self._left[0] <= len(week.instants):
            self._left.pop(0)
            desk = self._desks[free.pop(self._random.randrange(len(free)))]
            # each act once before any comes again
            least = min(self.done[a] for a in ACTS)
            act = self._random.choice([a for a in ACTS if self.done[a] == least])
            self._edit(week, desk, act)
            self.done[act] += 1
            week.hand.changed = True

    def _look(self, week: Week) -> None:
        run = week.instance._run_state
        assert run is not None
        running = {p.name: p.source.text for p in run.active.plans}
        broken = set(week.instance.folder.broken)
        for desk in self._desks.values():
            now = running.get(desk.name)
            if desk.name in run.active.retired:
                if now != desk.ran:
                    self.problems.append(f"{desk.name}: what holds a position was replaced")
                self.waiting += not desk.waits
                desk.waits = True
                continue
            desk.waits = False
            if now != desk.wanted:
                self.problems.append(f"{desk.name}: not the version that was saved runs, but {now!r}")
            if desk.broken != (desk.file in broken):
                self.problems.append(f"{desk.name}: {desk.file} is told as broken: {desk.file in broken}")
            if now != desk.ran:
                self.versions += 1
                desk.ran = now

    def _edit(self, week: Week, desk: Desk, act: str) -> None:
        path, market = week.files / desk.file, week.names[desk.number % len(week.names)]
        if desk.doubled is not None:
            desk.doubled.unlink()
            desk.doubled = None
        good = desk.wanted or text_of(desk.number, week.names)
        if act in BROKEN:
            self._write(desk, path, BROKEN[act].format(name=desk.name, market=market), broken=True)
        elif act == "half":  # an editor or a copy that was cut off in the middle of a rule
            self._write(desk, path, good[: good.index("THEN") + 2], broken=True)
        elif act == "empty":
            self._write(desk, path, "", broken=False)
        elif act == "not text":
            path.write_bytes(b"\xff\xfe\x00P")
            desk.written = ""
        elif act == "touched":
            path.touch()
        elif act == "deleted":
            path.unlink(missing_ok=True)
            desk.wanted, desk.written, desk.broken = None, "", False
        elif act == "renamed":
            self._write(desk, path, good, broken=False)
            desk.wanted = good
            path.unlink()
            desk.file = f"{desk.number:02}_{self._random.randrange(1000):03}.plan"
            (week.files / desk.file).write_text(good, encoding="utf-8")
        elif act == "twice":
            self._write(desk, path, good, broken=False)
            desk.wanted = good
            desk.doubled = week.files / f"zz{desk.number:02}.plan"
            desk.doubled.write_text(text_of(desk.number, week.names, "45m"), encoding="utf-8")
        else:
            text = good
            if act == "cooldown":
                text = text_of(desk.number, week.names, f"{self._random.randrange(31, 600)}m")
            elif act == "entry":
                text = text_of(desk.number, week.names, kind=self._random.choice(KINDS))
            self._write(desk, path, text, broken=False)
            desk.wanted = text

    def _write(self, desk: Desk, path: Path, text: str, broken: bool) -> None:
        path.write_text(text, encoding="utf-8")
        desk.written, desk.broken = text, broken
