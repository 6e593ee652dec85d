"""Fills the cache in a process of its own, so that the interpreted form can serve meanwhile.

python -m tradeplan.runtime.kernels.warm ema:1:1 atr:1:3 --entry tradeplan.runtime.kernels.source.evaluate:evaluate
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tradeplan.runtime.kernels.build import Column, Kernels
from tradeplan.runtime.kernels.cache import folder
from tradeplan.runtime.kernels.closure import PlainFunction
from tradeplan.stdlib.registry import catalog

_LONGEST_SECONDS = 600
_SWITCH = "TRADEPLAN_WARM"


def start(entries: Iterable[PlainFunction], columns: Iterable[Column]) -> subprocess.Popen[bytes] | None:
    """Start a process that compiles these kernels into the cache and ends; its exit status is 0 when all are there.

    None when one is at work already, when there is no folder to keep its work, or when TRADEPLAN_WARM is 0 (tests).
    """
    place = folder()
    if place is None or os.environ.get(_SWITCH) == "0" or not _claim(place / _CLAIM):
        return None
    command = [sys.executable, "-m", __name__, *(c.key for c in columns)]
    for function in entries:
        command += ["--entry", f"{function.__module__}:{function.__name__}"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)


_CLAIM = "warming"


def _claim(path: Path) -> bool:
    """Take the place of the one process that compiles; a claim older than any compilation was left by a crash."""
    try:
        if path.exists() and time.time() - path.stat().st_mtime > _LONGEST_SECONDS:
            path.unlink(missing_ok=True)
        path.touch(exist_ok=False)
    except OSError:
        return False
    return True


def warm(entries: Iterable[PlainFunction], columns: Iterable[Column]) -> None:
    """Compile these kernels into the cache, in this process."""
    kernels = Kernels("compiled")
    for function in entries:
        kernels.entry(function)
    kernels.columns(list(columns))


def main(arguments: Sequence[str]) -> int:
    """Read the command line (see the module) and fill the cache."""
    entries: list[PlainFunction] = []
    columns: list[Column] = []
    words = iter(arguments)
    for word in words:
        if word == "--entry":
            module, _, name = next(words).partition(":")
            entries.append(getattr(importlib.import_module(module), name))
        else:
            name, parameters, inputs = word.split(":")
            columns.append(Column(catalog()[name], int(parameters), int(inputs)))
    try:
        warm(entries, columns)
    finally:
        place = folder()
        if place is not None:
            (place / _CLAIM).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
