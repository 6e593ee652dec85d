"""The watcher of the folder of plans: edits, and a folder that is taken away or replaced under its name."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from tradeplan.runtime.live import watcher as watcher_module
from tradeplan.runtime.live.watcher import Watcher


def told(watcher: Watcher) -> bool:
    """Whether it tells of a change before long."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if watcher.take():
            return True
        time.sleep(0.02)
    return False


def edited(watcher: Watcher, file: Path) -> bool:
    """Whether an edit is told; it is made anew until then, since watching begins at a moment that nobody is told."""
    end = time.monotonic() + 10
    watcher.take()
    while time.monotonic() < end:
        file.write_text(str(time.monotonic()), encoding="utf-8")
        time.sleep(0.1)
        if watcher.take():
            return True
    return False


def test_it_watches_what_has_the_name_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher_module, "_LOOK_SECONDS", 0.1)
    folder = tmp_path / "plans"
    folder.mkdir()
    watcher = Watcher(folder)
    try:
        assert edited(watcher, folder / "a.plan")
        shutil.rmtree(folder)
        assert told(watcher), "it is gone"
        folder.mkdir()
        assert told(watcher), "it is there again"
        assert edited(watcher, folder / "a.plan"), "of the new folder edits are told as well"
        other = tmp_path / "other"
        other.mkdir()
        folder.rename(tmp_path / "old")
        other.rename(folder)
        assert told(watcher), "another one has its name"
        assert edited(watcher, folder / "a.plan")
        shutil.rmtree(folder)
        folder.mkdir()  # at once, and perhaps with the same number
        assert told(watcher)
        assert edited(watcher, folder / "a.plan")
    finally:
        watcher.close()
