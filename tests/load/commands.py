"""Halts, resumes, reloads and questions from another process while a run goes on, and what must hold of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.load.plans import halted
from tests.load.week import Disturber, Week


@dataclass
class Commands(Disturber):
    """Another process asks all the time; `problems` says what did not hold."""

    asked: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    held_seen: int = 0
    problems: list[str] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _log: Path = Path()

    def begin(self, week: Week) -> None:
        """Start to ask."""
        self._log = week.folder / "asked.jsonl"
        scopes = [week.name(i) for i in halted(week.plans)]
        command = [sys.executable, "-m", "tests.load.asker", str(week.database), str(self._log), *scopes]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2])

    def end(self, week: Week) -> None:
        """Look at what was asked, what came of it, and what the journal holds."""
        assert self._process is not None
        if self._process.wait(60) != 0:
            self.problems.append(f"who asked ended with {self._process.returncode}")
        lines = [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
        self.asked = Counter(f"{line['name']} {line['outcome']}" for line in lines)
        self.slowest = max((line["seconds"] for line in lines), default=0.0)
        self._answers(week, lines)
        self._halts(week, lines)
        self._database(week)

    def _answers(self, week: Week, lines: list[dict[str, Any]]) -> None:
        """Each request was done once or told why not, in the order in which it was asked."""
        told = [(x["name"], x["scope"], x["outcome"]) for x in lines if x["name"] != "status"]
        told = [x for x in told if x[2] != "nobody"]
        rows = [(n, json.loads(b).get("scope"), s) for n, b, s in week.rows("select name, body, state from request")]
        if told != rows:
            self.problems.append(f"answers differ: {len(told)} told, {len(rows)} in the database")
        for name, scope, outcome in told:
            expected = "refused" if scope == "nobody_has_this_name" else "done"
            if outcome != expected and (name, scope, outcome) != told[-1]:
                self.problems.append(f"{name} {scope}: {outcome}, expected {expected}")
        # what `halt` and `resume` did is in the journal, once each
        for kind in ("halt", "resume"):
            done = [x[1] for x in told if x[0] == kind and x[2] == "done"]
            journal = [json.loads(b)["scope"] for (b,) in week.rows("select body from event where kind = ?", kind)]
            if done != journal:
                self.problems.append(f"{kind}: {len(done)} were done, {len(journal)} are in the journal")

    def _halts(self, week: Week, lines: list[dict[str, Any]]) -> None:
        """Nothing is decided or sent for who is halted."""
        seen = [x["outcome"] for x in lines if x["name"] == "status"]
        self.held_seen = seen.count("held")
        events = week.rows("select time, kind, body from event where kind in ('halt', 'resume') order by id")
        since: dict[str, int] = {}
        spans: list[tuple[str, int, int]] = []
        for time, kind, body in events:
            scope = json.loads(body)["scope"]
            if kind == "halt":
                since.setdefault(scope, time)
            elif scope in since:
                spans.append((scope, since.pop(scope), time))
        spans += [(scope, time, 1 << 62) for scope, time in since.items()]
        for scope, first, last in spans:
            query = "select count(*) from intent where plan = ? and leg = 'entry' and time > ? and time <= ?"
            ((found,),) = week.rows(query, scope, first, last)
            if found:
                self.problems.append(f"{found} entries of {scope} were decided while it was halted")
        assert week.overheard is not None
        plans = dict(week.rows("select id, plan from intent"))
        for magic, held in week.overheard.opened:
            known = week.broker.memory.known.get(magic) if week.broker is not None else None
            plan = None if known is None else plans.get(known.intent)
            if plan is None or plan in held:
                self.problems.append(f"an order of {plan} was sent while it was halted")

    def _database(self, week: Week) -> None:
        for check, good in (("pragma integrity_check", [("ok",)]), ("pragma foreign_key_check", [])):
            found = week.rows(check)
            if found != good:
                self.problems.append(f"{check}: {found[:3]}")
