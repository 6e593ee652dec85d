"""The one command that runs what CI runs: style, types, contracts, tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("style", ("-m", "ruff", "check", ".")),
    ("layout", ("-m", "ruff", "format", "--check", ".")),
    ("links for the type checker", ("tools/link_typing.py",)),
    ("types", ("-m", "mypy")),
    ("tests", ("-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup")),
)


def main() -> int:
    """Run every step, stop at the first that fails; further arguments go to pytest alone."""
    steps = STEPS if len(sys.argv) == 1 else ((("tests"), ("-m", "pytest", *sys.argv[1:])),)
    # many tests start `plan` in a process of its own: without bytecode each would compile every module again
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name, arguments in steps:
        print(f"== {name} ==", flush=True)
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False, env=environment)
        if done.returncode:
            print(f"{name} failed: `python {' '.join(arguments)}`", flush=True)
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
