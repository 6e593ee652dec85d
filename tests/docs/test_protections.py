"""The table of docs/protections.md names tests that exist."""

from __future__ import annotations

import re

from tests.conftest import REPOSITORY


def test_every_test_of_the_table_is_there() -> None:
    named = re.findall(r"`([a-z0-9_/]+\.py)::(test_\w+)`", (REPOSITORY / "docs" / "protections.md").read_text("utf-8"))
    assert len(named) > 30
    texts = {file: (REPOSITORY / "tests" / "runtime" / file).read_text("utf-8") for file, _ in named}
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in texts[file]] == []
