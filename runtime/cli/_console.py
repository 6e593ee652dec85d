"""The console of every command: as wide as the terminal, and where there is none so wide that no figure is cut."""

from __future__ import annotations

import os
import sys

from rich.console import Console

WIDE = 160
"""Columns in a file or a pipe, more if COLUMNS asks for more: fewer would cut figures, and nobody sees the width."""


def open_console(stderr: bool = False) -> Console:
    """Standard output, or standard error."""
    stream = sys.stderr if stderr else sys.stdout
    asked = os.environ.get("COLUMNS", "")
    wide = max(WIDE, int(asked) if asked.isdecimal() else 0)
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else wide)
