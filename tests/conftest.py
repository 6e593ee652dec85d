"""Shared fixtures: where the real market data is, if it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# a test that runs plain Python must not have a compiler beside it on the other core
os.environ.setdefault("TRADEPLAN_WARM", "0")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data beside the project; skips where it is absent."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not (folder / "bars").is_dir():
        pytest.skip("real market data is not there: expected a folder `shared/data` beside the project")
    return folder
