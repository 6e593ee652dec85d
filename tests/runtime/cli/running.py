"""Runs the command as a process of its own, as a shell would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

GOOD = "PLAN good\nTRADE btc ON M15\n\nWHEN rsi(14) < 30 THEN BUY RISK 0.5% STOP 2 ATR\n"
REPAIRABLE = "PLAN fixed\nTRADE btc ON M15\n\nWHEN rsi(14) < 30 then BUY RISK 0.5% STOP 2 ATR\n"
BROKEN = "PLAN broken\nTRADE btc ON M15\n\nWHEN nothing_known < 30 THEN BUY RISK 0.5% STOP 2 ATR\n"


def plan(
    *words: str,
    folder: Path,
    given: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    python: Sequence[str] = (),
) -> subprocess.CompletedProcess[bytes]:
    """`plan words...` in a folder, with `given` on standard input."""
    return subprocess.run(
        [sys.executable, *python, "-m", "tradeplan.runtime.cli", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", **(environment or {})},
        input=given if given is not None else b"",
        capture_output=True,
        timeout=60,
        check=False,
    )
