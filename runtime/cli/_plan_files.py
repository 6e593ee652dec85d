"""Which plan texts a command line names: files, folders, standard input with or without fences."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tradeplan.dsl.parse.fenced import plans_in
from tradeplan.dsl.source import Source

# Read no more than the language accepts and a bit, so that a huge file is refused by its size and not by the memory.
LARGEST_READ = 4 * 1024 * 1024


class Unreadable(Exception):
    """A path that gives no plan text; the message says what to do. Commands exit with 2."""


@dataclass(frozen=True, slots=True)
class PlanText:
    """One text to check; `path` is None for standard input, which is never written back."""

    source: Source
    path: Path | None


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"`{name}` is not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x}): save it as UTF-8"
        ) from error


def _read(path: Path) -> Source:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_READ)
    except OSError as error:
        raise Unreadable(f"`{path}` cannot be read: {error.strerror or error}") from error
    return Source(str(path), _decode(data, str(path)))


def read_plan_texts(paths: Sequence[str]) -> list[PlanText]:
    """The texts behind files, folders (every `*.plan` below) and `-` (a plan, or a chat answer with fenced plans)."""
    found: list[PlanText] = []
    for name in paths:
        if name == "-":
            text = _decode(sys.stdin.buffer.read(LARGEST_READ), "<stdin>")
            found += [PlanText(Source("<stdin>", t), None) for t in ([plans_in(text)] if "```" in text else [text])]
            continue
        path = Path(name)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*.plan") if p.is_file())
            if not inside:
                raise Unreadable(
                    f"the folder `{path}` holds no `*.plan` file: `plan new {path / 'first.plan'}` writes one"
                )
            found += [PlanText(_read(p), p) for p in inside]
        elif path.exists():
            found.append(PlanText(_read(path), path))
        else:
            raise Unreadable(f"there is no file or folder `{path}`")
    return found
