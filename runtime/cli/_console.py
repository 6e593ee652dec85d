"""The console of every command: as wide as the terminal, and where there is none so wide that no figure is cut."""

from __future__ import annotations

import os
import sys

from rich.console import Console

WIDE = 160
"""Columns in a file or a pipe; a test or a person who sets COLUMNS has that."""


def open_console(stderr: bool = False) -> Console:
    """Standard output, or standard error."""
    stream = sys.stderr if stderr else sys.stdout
    free = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(stderr=stderr, highlight=False, width=WIDE if free else None)
