"""Writes a text file so that it is either the old or the new one, never half of either."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click


def write_text(path: Path, text: str) -> None:
    """Write aside, then rename; line ends as given. A failure is a usage error that says what to do."""
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        if path.exists():
            os.chmod(aside, path.stat().st_mode)
        os.replace(aside, path)
    except OSError as error:
        raise click.UsageError(f"`{path}` cannot be written: {error.strerror or error}; nothing was changed") from error
