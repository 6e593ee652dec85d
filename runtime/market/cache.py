"""Where the program may keep what it can make again: a private folder of the user."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def cache_folder() -> Path:
    """The user's cache folder for this program; the variable TRADEPLAN_CACHE sets another. It may not exist yet."""
    chosen = os.environ.get("TRADEPLAN_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "tradeplan" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tradeplan"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tradeplan"


def private_folder(name: str) -> Path | None:
    """A folder below the cache that only the user can read, made if need be; None if that is not possible."""
    folder = cache_folder() / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def folder_key(folder: Path) -> str:
    """A short name for a source folder, the same for every way to write its path."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]


def fingerprint(files: Sequence[Path]) -> str:
    """What tells that files are still the same: names, sizes and times of change."""
    parts = [(path.name, (stat := path.stat()).st_size, stat.st_mtime_ns) for path in files]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
