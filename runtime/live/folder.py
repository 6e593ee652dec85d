"""The plans of a folder: what is good in it now, and the last good version of what is broken."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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
    """The last good content of one file."""

    digest: str
    text: str
    plans: tuple[CheckedPlan, ...]
    guards: tuple[CheckedGuard, ...]


@dataclass(slots=True)
class Scan:
    """What one look at the folder found."""

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
        self._files: dict[str, PlanFile] = {}
        self._seen: dict[str, str] = {}

    def scan(self) -> Scan:
        """Look at every file; unchanged ones cost one read and a digest."""
        result = Scan()
        try:
            paths = sorted(p for p in self.folder.rglob(f"*{SUFFIX}") if p.is_file())
        except OSError as error:
            result.problems.append(f"the folder `{self.folder}` cannot be read: {error}")
            return result
        names = {self._name(p) for p in paths}
        for gone in sorted(set(self._seen) - names):
            self._seen.pop(gone)
            if self._files.pop(gone, None) is not None:
                result.changed = True
                result.removed.append(gone)
        for path in paths:
            self._read(path, result)
        return result

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _read(self, path: Path, result: Scan) -> None:
        name = self._name(path)
        try:
            data = path.read_bytes()
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            # an editor may hold the file for a moment: the last good version keeps running and the next look tries again
            result.problems.append(f"`{name}` cannot be read: {error}; its last good version keeps running")
            return
        digest = hashlib.sha256(data).hexdigest()
        if self._seen.get(name) == digest:
            return
        self._seen[name] = digest
        checked = check_source(Source(name, text), self.catalog, self.markets, self.graph)
        errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
        taken = self._taken_names(name, [p.name for p in (*checked.plans, *checked.guards)])
        if taken:
            result.problems.append(
                f"`{name}` defines {', '.join(f'`{plan}` (also in `{file}`)' for plan, file in taken)}:"
                " a name may stand in one file only; rename one of them"
            )
        if errors:
            result.broken.append((name, list(checked.diagnostics)))
        if errors or taken:
            return
        self._files[name] = PlanFile(digest, text, tuple(checked.plans), tuple(checked.guards))
        result.changed = True
        result.loaded.append(name)

    def _taken_names(self, file: str, names: Sequence[str]) -> list[tuple[str, str]]:
        owner = {
            p.name: other
            for other, content in self._files.items()
            if other != file
            for p in (*content.plans, *content.guards)
        }
        return [(n, owner[n]) for n in names if n in owner]

    def plans(self) -> tuple[CheckedPlan, ...]:
        """All good plans, by name."""
        return tuple(sorted((p for f in self._files.values() for p in f.plans), key=lambda p: p.name))

    def guards(self) -> tuple[CheckedGuard, ...]:
        """All good guards, by name."""
        return tuple(sorted((g for f in self._files.values() for g in f.guards), key=lambda g: g.name))

    def file_of(self, name: str) -> tuple[str, str]:
        """File name and text in which a plan or guard of this name stands."""
        for file, content in self._files.items():
            if any(p.name == name for p in (*content.plans, *content.guards)):
                return file, content.text
        raise KeyError(name)
