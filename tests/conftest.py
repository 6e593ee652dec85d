"""Shared fixtures: where the real market data is, if it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data beside the project; skips where it is absent."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not (folder / "bars").is_dir():
        pytest.skip("real market data is not there: expected a folder `shared/data` beside the project")
    return folder
