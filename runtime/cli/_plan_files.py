"""Which plan texts a command line names: files, folders, standard input with or without fences."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click
from tradeplan.dsl.parse.fenced import plans_in
from tradeplan.dsl.source import Source

# Read no more than the language accepts and a bit, so that a huge file is refused by its size and not by the memory.
LARGEST_READ = 4 * 1024 * 1024

STDIN = "<stdin>"

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(click.ClickException):
    """Paths that give no plan text; the message says what to do, one line a path. The command ends with 2.

    `texts` are those of the other paths.
    """

    exit_code = 2
    texts: Sequence[PlanText] = ()


class PlanText(NamedTuple):
    """One text to check.

    `path` is None for standard input, which is never written back; `bom` tells that the file begins with a byte order
    mark, which is no part of the text; `answer` that plans were taken out of the prose of a chat answer.
    """

    source: Source
    path: Path | None
    bom: bool = False
    answer: bool = False


def read_plan_texts(paths: Sequence[str]) -> list[PlanText]:
    """The texts behind files, folders (every `*.plan` below) and `-` (a plan, or a chat answer with fenced plans).

    A file that is named twice is read once. Raises Unreadable, with all paths that are.
    """
    if not paths:
        raise click.UsageError("name what to read: a plan file, a folder of plans, or `-` for standard input")
    found: list[PlanText] = []
    wrong: list[str] = []
    seen: set[str] = set()
    for name in dict.fromkeys(paths):
        try:
            if name == "-":
                found.append(_standard_input())
                continue
            for path in _files(name, wrong):
                real = os.path.realpath(path) if len(paths) > 1 else ""
                if not real or real not in seen:
                    seen.add(real)
                    try:
                        found.append(_read(path))
                    except Unreadable as error:
                        wrong.append(error.message)
        except Unreadable as error:
            wrong.append(error.message)
    if wrong:
        unread = Unreadable("\n".join(wrong))
        unread.texts = found
        raise unread
    return found


def _files(name: str, wrong: list[str]) -> Iterator[Path]:
    path = Path(name)
    if not name or "\0" in name:
        raise Unreadable(f"`{name}` is no path: name a file, a folder or `-`".replace("\0", "\\0"))
    if not path.is_dir():
        yield path
        return
    before = len(wrong)
    inside = sorted(_plans_below(path, wrong))
    if not inside and len(wrong) == before:
        raise Unreadable(f"the folder `{path}` holds no `*.plan` file: `plan new {path / 'first.plan'}` writes one")
    yield from inside


def _plans_below(folder: Path, wrong: list[str]) -> Iterator[Path]:
    """Every `*.plan` that is no folder; links to folders are not followed, so there is no way in circles."""

    def unreadable(error: OSError) -> None:
        wrong.append(f"the folder `{error.filename}` cannot be read: {error.strerror or error}")

    for parent, _, names in os.walk(folder, onerror=unreadable):
        for name in names:
            if name.endswith(".plan"):
                yield Path(parent, name)


def _read(path: Path) -> PlanText:
    try:
        # asked before opening: opening a pipe that nobody writes to would wait for ever
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not (stat.S_ISFIFO(mode) and path.parts[:2] == ("/", "dev")):
            raise Unreadable(f"`{path}` is no file with a text: name a file, a folder or `-`")
        with path.open("rb") as file:
            data = file.read(LARGEST_READ)
    except FileNotFoundError:
        if path.is_symlink():
            raise Unreadable(f"`{path}` is a link to a file that does not exist") from None
        raise Unreadable(f"there is no file or folder `{path}`") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"`{path}` cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return PlanText(Source(str(path), _decoded(data, str(path))), path, bom=data.startswith(_BOM))


def _standard_input() -> PlanText:
    try:
        if sys.stdin is None:
            raise ValueError("closed")
        data = sys.stdin.buffer.read(LARGEST_READ)
    except (OSError, ValueError):
        raise Unreadable(
            "standard input is closed: send the text into the command, or name a file instead of `-`"
        ) from None
    text = _decoded(data, STDIN)
    plans = plans_in(text)
    return PlanText(Source(STDIN, plans), None, bom=data.startswith(_BOM), answer=plans != text)


def _decoded(data: bytes, name: str) -> str:
    if data.startswith(_UTF16):
        raise Unreadable(f"`{name}` is UTF-16 text: save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(data) == LARGEST_READ and error.start > len(data) - 4:
            return data[: error.start].decode("utf-8-sig")  # a letter that was cut where reading stopped
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"`{name}` is not UTF-8 text (line {line} holds the byte 0x{data[error.start]:02x}): save it as UTF-8"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Unreadable(f"`{name}` is no text (line {line} holds a zero byte): save it as UTF-8 text")
    return text
