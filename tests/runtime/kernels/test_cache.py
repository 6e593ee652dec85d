"""Folders of object code that other versions left are deleted a month after they were last used."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tradeplan.runtime.kernels import cache

DAY = 86_400


def left(root: Path, name: str, days: float, *files: str) -> Path:
    """A folder with files that was last used so many days ago."""
    path = root / name
    path.mkdir()
    for file in files or ("entry.o", "tmpabc"):
        (path / file).write_bytes(b"x")
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


def test_a_new_folder_sweeps_out_unused_ones(tmp_path: Path) -> None:
    old = left(tmp_path, "0123456789ab", 31)
    fresh = left(tmp_path, "0123456789ac", 29)
    bars = left(tmp_path, "bars", 400)
    strange = left(tmp_path, "0123456789ad", 31, "entry.o", "notes.txt")
    plain = tmp_path / "0123456789ae"
    plain.write_bytes(b"a file")
    target = left(tmp_path, "elsewhere", 400)
    link = tmp_path / "0123456789af"
    with suppress(OSError):  # Windows lets few users make links
        link.symlink_to(target, target_is_directory=True)
    mine = cache.folder(str(tmp_path))
    assert mine is not None
    assert mine.is_dir()
    assert not old.exists()
    assert sorted(p.name for p in fresh.iterdir()) == ["entry.o", "tmpabc"]
    assert (bars / "entry.o").exists()
    assert [p.name for p in strange.iterdir()] == ["notes.txt"], "what is not object code is never deleted"
    assert plain.exists()
    assert (target / "entry.o").exists()


def test_a_folder_that_was_there_sweeps_nothing(tmp_path: Path) -> None:
    mine = cache.folder(str(tmp_path))
    assert mine is not None
    old = left(tmp_path, "0123456789ab", 31)
    cache.folder.cache_clear()  # as in the next process
    assert cache.folder(str(tmp_path)) == mine
    assert old.exists()


def test_using_a_folder_is_seen_by_its_time(tmp_path: Path) -> None:
    mine = cache.folder(str(tmp_path))
    assert mine is not None
    then = time.time() - 40 * DAY
    os.utime(mine, (then, then))
    cache.folder.cache_clear()
    cache.folder(str(tmp_path))
    assert mine.stat().st_mtime > then + 39 * DAY


def test_nothing_fails_when_a_folder_cannot_be_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = left(tmp_path, "0123456789ab", 31)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self.suffix == ".o":
            raise PermissionError("in use")
        os.unlink(self)

    monkeypatch.setattr(Path, "unlink", refuse)
    assert cache.folder(str(tmp_path)) is not None
    assert old.exists()
