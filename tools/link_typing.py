"""Makes build/typing/tradeplan/<folder> links, so that mypy and pyright see the mapped packages."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("grammar", "dsl", "stdlib", "runtime", "plans")


def main() -> None:
    """Link each folder; where links are not allowed (Windows without the right) copy it."""
    target = ROOT / "build" / "typing" / "tradeplan"
    target.mkdir(parents=True, exist_ok=True)
    for folder in FOLDERS:
        link = target / folder
        if link.is_symlink():
            link.unlink()
        elif link.exists():
            shutil.rmtree(link)
        try:
            os.symlink(ROOT / folder, link, target_is_directory=True)
        except OSError:
            shutil.copytree(ROOT / folder, link)
    sys.stdout.write(f"linked {len(FOLDERS)} folders in {target.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
