"""Keeps the example plans of a version with their decisions in tests/compat/releases; never rewrites a release.

`python tools/release_plans.py 0.2.0` takes every plan in plans/ and the whole plans in docs/language.md and docs/guide;
further arguments are the files to take, where only some of them are new.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the tests are no package of the program

from tests.compat import goldens  # noqa: E402
from tests.docs.blocks import blocks  # noqa: E402


class AlreadyReleased(ValueError):
    """A version that has a release."""


def examples() -> dict[str, str]:
    """The plans to release, by file name."""
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "plans").glob("*.plan"))}
    shown = [block.text for block in blocks(ROOT / "docs" / "language.md") if block.words == ("plan",)]
    # all on one account under the guards: what one plan does may depend on the others
    found["together.plan"] = "\n".join(found.values())
    found |= {f"language_{number}.plan": text for number, text in enumerate(shown, start=1)}
    for page in sorted((ROOT / "docs" / "guide").glob("*.md")):
        whole = [block.text for block in blocks(page) if block.words == ("plan",)]
        found |= {f"guide_{page.stem}_{number}.plan": text for number, text in enumerate(whole, start=1)}
    return found


def release_plans(
    version: str, plans: Mapping[str, str], folder: Path = goldens.RELEASES, days: int = goldens.DAYS
) -> Path:
    """Write a release; files without a plan that trades are left out. Raises AlreadyReleased, and AssertionError."""
    target = folder / version
    if target.exists():
        raise AlreadyReleased(f"{version} is released: its decisions are what later versions are held to")
    texts: dict[str, str] = {}
    data: dict[str, str] = {}
    for name, text in plans.items():
        found = goldens.checked(name, text)
        if not found.plans:
            continue
        dataset = goldens.data_of(goldens.markets_of(found), days)
        data[name] = goldens.data_digest(dataset)
        texts[name] = text
        lines = goldens.decisions(found, dataset)
        texts[Path(name).with_suffix(".decisions").name] = "".join(f"{line}\n" for line in lines)
    target.mkdir(parents=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8", newline="\n")
    files = {name: goldens.text_digest(target / name) for name in sorted(texts)}
    manifest = {"version": version, "days": days, "seed": goldens.SEED, "data": data, "files": files}
    (target / goldens.MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8", newline="\n")
    return target


def main() -> int:
    """Release the examples under the version of the command line."""
    if len(sys.argv) < 2:
        print("say the version: python tools/release_plans.py 0.2.0")
        return 2
    found = examples()
    wanted = sys.argv[2:] or list(found)
    if unknown := [name for name in wanted if name not in found]:
        print(f"no such example: {', '.join(unknown)}; expected some of {', '.join(found)}")
        return 2
    try:
        written = release_plans(sys.argv[1], {name: found[name] for name in wanted})
        print(f"written: {written.relative_to(ROOT).as_posix()}")
    except AlreadyReleased as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
