"""The one command that runs what CI runs: style, types, contracts, tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Step = tuple[str, tuple[str, ...]]

FIRST: tuple[Step, ...] = (
    ("style", ("-m", "ruff", "check", ".")),
    ("layout", ("-m", "ruff", "format", "--check", ".")),
    ("links for the type checker", ("tools/link_typing.py",)),
)
BESIDE: Step = ("types", ("-m", "mypy"))
"""It keeps one core busy, so the other steps do not wait for it."""

_COMPILE = (
    "from tradeplan.runtime.engine.kernel_choice import ENTRY_POINTS\n"
    "from tradeplan.runtime.kernels.warm import warm\n"
    "warm(ENTRY_POINTS, ())"
)
LAST: tuple[Step, ...] = (
    # in an empty cache this takes most of a minute, which else every worker of the tests spends, within a test
    ("kernels", ("-c", _COMPILE)),
    # in halves, each in order: what the tests of a file share is then made by one worker
    ("tests", ("-m", "pytest", "-q", "-n", "2", "--dist", "worksteal")),
)


def _environment() -> dict[str, str]:
    # many tests start `plan` in a process of its own: without bytecode each would compile every module again
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _run(step: Step, beside: subprocess.Popen[str] | None = None) -> int:
    """Run a step to its end, or until what runs beside it has failed."""
    print(f"== {step[0]} ==", flush=True)
    process = subprocess.Popen([sys.executable, *step[1]], cwd=ROOT, env=_environment())
    while process.poll() is None:
        if beside is not None and beside.poll():
            # interrupted and not ended, so that the tests end what they started
            process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            process.wait()
            return 0
        time.sleep(0.05)
    return process.returncode


def _failed(step: Step, status: int) -> int:
    print(f"{step[0]} failed: `python {' '.join(step[1])}`", flush=True)
    return status


def main() -> int:
    """Run every step, stop at the first that fails; further arguments go to pytest alone."""
    if len(sys.argv) > 1:
        return _run(("tests", ("-m", "pytest", *sys.argv[1:])))
    for step in FIRST:
        if status := _run(step):
            return _failed(step, status)
    beside = subprocess.Popen(
        [sys.executable, *BESIDE[1]], cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        for step in LAST:
            if beside.poll():
                break
            if status := _run(step, beside):
                return _failed(step, status)
        told, _ = beside.communicate()
    finally:
        beside.kill()
    print(f"== {BESIDE[0]} ==\n{told}", end="", flush=True)
    return _failed(BESIDE, beside.returncode) if beside.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
