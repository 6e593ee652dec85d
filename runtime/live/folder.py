"""The plans of a folder: what is good in it now, and the last good version of what is broken."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tradeplan.dsl.catalog import Catalog, Markets
from tradeplan.dsl.diagnostic import Diagnostic, Severity
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source

SUFFIX = ".plan"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """Good content of one file."""

    text: str
    plans: tuple[CheckedPlan, ...]
    guards: tuple[CheckedGuard, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it defines."""
        return (*(p.name for p in self.plans), *(g.name for g in self.guards))


@dataclass(slots=True)
class Scan:
    """What one look at the folder found; problems are told when they are new."""

    changed: bool = False
    broken: list[tuple[str, list[Diagnostic]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


class PlanFolder:
    """Reads `*.plan` files by content, not by date, and keeps the last good version of each."""

    def __init__(self, folder: Path, catalog: Catalog, markets: Markets, graph: Graph) -> None:
        self.folder = folder
        self.catalog, self.markets, self.graph = catalog, markets, graph
        self._seen: dict[str, str] = {}
        self._good: dict[str, PlanFile] = {}  # the newest good content of every file that is there
        self._used: dict[str, PlanFile] = {}  # of these, what runs: each name from one file
        self._broken: set[str] = set()
        self._told: dict[str, str] = {}

    def scan(self) -> Scan:
        """Look at every file; unchanged ones cost one read and a digest."""
        result = Scan()
        told: dict[str, str] = {}
        try:
            # INVARIANT: a folder that is away is no empty one: rglob finds nothing there, and every guard would be gone
            os.listdir(self.folder)
            paths = sorted(p for p in self.folder.rglob(f"*{SUFFIX}") if p.is_file())
        except OSError as error:
            told["."] = f"the folder `{self.folder}` cannot be read: {error}; what runs goes on"
        else:
            names = {self._name(p) for p in paths}
            for gone in sorted(set(self._seen) - names):
                del self._seen[gone]
                self._broken.discard(gone)
                if self._good.pop(gone, None) is not None:
                    result.removed.append(gone)
            for path in paths:
                self._read(path, result, told)
            self._settle(result, told)
        result.problems += [text for key, text in told.items() if self._told.get(key) != text]
        self._told = told
        return result

    def keep_good(self, ran: Iterable[Source]) -> None:
        """After the first look: what ran before is the last good version of files that are broken or empty now."""
        for source in {s.name: s for s in ran}.values():
            now = self._good.get(source.name)
            if source.name in self._broken or (now is not None and not now.names):
                checked = check_source(source, self.catalog, self.markets, self.graph)
                if checked.ok:
                    self._good[source.name] = PlanFile(source.text, tuple(checked.plans), tuple(checked.guards))
        self._settle(Scan(), {})

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _read(self, path: Path, result: Scan, told: dict[str, str]) -> None:
        name = self._name(path)
        try:
            data = path.read_bytes()
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            # an editor may hold the file for a moment: the next look tries again
            then = "its last good version keeps running" if name in self._good else "until it can be it is left out"
            told[name] = f"`{name}` cannot be read: {error}; {then}"
            self._seen.setdefault(name, "")
            return
        digest = hashlib.sha256(data).hexdigest()
        if self._seen.get(name) == digest:
            return
        self._seen[name] = digest
        self._broken.discard(name)
        try:
            checked = check_source(Source(name, text), self.catalog, self.markets, self.graph)
        except Exception as error:  # a mistake in the checker is told like one in the plan: what runs goes on
            self._broken.add(name)
            result.problems.append(
                f"`{name}` could not be checked ({type(error).__name__}: {error}); its last good version, if there is"
                " one, keeps running; please report this with the file"
            )
            return
        if not checked.ok:
            self._broken.add(name)
            result.broken.append((name, [d for d in checked.diagnostics if d.severity is Severity.ERROR]))
            return
        content = PlanFile(text, tuple(checked.plans), tuple(checked.guards))
        before = self._good.get(name)
        if not content.names and before is not None and before.names:
            # an editor empties a file before it writes it again; a plan is removed by removing its file
            result.problems.append(
                f"`{name}` holds no plan now: its last good version keeps running; delete the file to end its plans"
            )
            return
        self._good[name] = content
        result.loaded.append(name)

    def _settle(self, result: Scan, told: dict[str, str]) -> None:
        """Give each name to one file: the one that had it, else the first by name."""
        owner: dict[str, str] = {}
        used: dict[str, PlanFile] = {}
        for file in sorted(self._good, key=lambda f: (f not in self._used, f)):
            content = self._good[file]
            taken = [(n, owner[n]) for n in content.names if n in owner]
            if taken:
                told[f"names of {file}"] = (
                    f"`{file}` defines {', '.join(f'`{plan}` (also in `{other}`)' for plan, other in taken)}:"
                    " a name may stand in one file only; rename one of them, until then this file is left out"
                )
                continue
            used[file] = content
            owner |= dict.fromkeys(content.names, file)
        result.loaded = [f for f in result.loaded if f in used] + [
            f for f in used if f not in self._used and f not in result.loaded
        ]
        result.changed = used != self._used
        self._used = used

    @property
    def broken(self) -> tuple[str, ...]:
        """The files that hold mistakes as they stand."""
        return tuple(sorted(self._broken))

    def plans(self) -> tuple[CheckedPlan, ...]:
        """All good plans, by name."""
        return tuple(sorted((p for f in self._used.values() for p in f.plans), key=lambda p: p.name))

    def guards(self) -> tuple[CheckedGuard, ...]:
        """All good guards, by name."""
        return tuple(sorted((g for f in self._used.values() for g in f.guards), key=lambda g: g.name))
