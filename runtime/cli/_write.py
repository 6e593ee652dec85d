"""Writes a text file so that it is either the old or the new one, never half of either."""

from __future__ import annotations

import os
from pathlib import Path

import click


class Unwritable(click.ClickException):
    """A file that was not written; the message says why. The command ends with 2."""

    exit_code = 2


def write_text(path: Path, text: str, bom: bool = False) -> None:
    """Write aside, then rename; line ends as given, a byte order mark if asked. Raises Unwritable.

    A link stays a link: what it points to is written. The rights of an existing file stay.
    """
    target = Path(os.path.realpath(path))
    # the name ends in no `.plan`, so that a running instance that watches the folder does not load it
    aside = target.with_name(f".plan-{os.getpid()}.aside")
    made = False
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else None
        if mode is not None and not os.access(target, os.W_OK):
            raise PermissionError(None, "it is read-only")
        with aside.open("x", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            made = True
            file.write(text)
        if mode is not None:
            aside.chmod(mode)
        aside.replace(target)
    except OSError as error:
        if made:
            aside.unlink(missing_ok=True)
        raise Unwritable(f"`{path}` cannot be written: {error.strerror or error}; nothing was changed") from error
