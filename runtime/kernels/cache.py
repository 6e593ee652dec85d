"""Where object code is kept: a private folder of the user, or nowhere when none can be trusted or written."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import stat
import sys
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path

from tradeplan.runtime.kernels.closure import digest
from tradeplan.runtime.kernels.machine import host

_VERSION = re.compile("[0-9a-f]{12}")
_KEPT_SECONDS = 30 * 86_400
_BUILDERS = ("compile.py", "intrinsics.py", "machine.py", "wrapper.py")


def _root() -> Path:
    chosen = os.environ.get("TRADEPLAN_CACHE")
    if chosen:
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "tradeplan"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "tradeplan"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "tradeplan"


@cache
def _environment() -> str:
    """What all object code depends on: the builders' own text, versions, and the processor."""
    here = Path(__file__).parent
    texts = [(here / name).read_text(encoding="utf-8") for name in _BUILDERS]
    versions = [importlib.metadata.version(package) for package in ("numba", "llvmlite")]
    return digest(*texts, *versions, sys.version, *host())


@cache
def folder(root: str = "") -> Path | None:
    """The private folder for this machine and these versions; None, after one warning, where there is none to be had.

    INVARIANT: what is loaded from here is run, so on POSIX the folder belongs to this user and nobody else may write.
    """
    place = Path(root) if root else _root()
    path = place / _environment()[:12]
    try:
        is_new = not path.is_dir()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform != "win32":
            facts = path.stat()
            if facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) & 0o022:
                raise PermissionError("it is not this user's alone")
        handle, name = tempfile.mkstemp(dir=path)
        os.close(handle)
        Path(name).unlink()
        if is_new:
            _remove_unused(place, path)
    except (OSError, RuntimeError) as error:
        warnings.warn(
            f"compiled kernels cannot be kept in `{path}` ({error}): every start compiles them again; set "
            "TRADEPLAN_CACHE to a folder that only you can write",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return path


def _remove_unused(place: Path, kept: Path) -> None:
    """Delete the folders of other versions that nobody used for a month; what cannot be deleted stays.

    Every process makes and removes a file in the folder that it uses, so the folder's time tells when that was last.
    """
    oldest = time.time() - _KEPT_SECONDS
    try:
        others = [p for p in place.iterdir() if p != kept and _VERSION.fullmatch(p.name)]
    except OSError:
        return
    for other in others:
        try:
            if other.is_symlink() or not other.is_dir() or other.stat().st_mtime >= oldest:
                continue
            for file in other.iterdir():
                if file.suffix == ".o" or file.name.startswith("tmp"):
                    file.unlink()
            other.rmdir()
        except OSError:
            continue  # another process uses or deletes it, or it holds what is not ours: the next version looks again


class ObjectCache:
    """Object code by name; `root` overrides the user's cache folder."""

    def __init__(self, root: str = "") -> None:
        self._folder = folder(root)
        self._memory: dict[str, bytes] = {}

    def has(self, name: str) -> bool:
        """Whether `get` will find it, as far as can be told without reading it."""
        return name in self._memory or (self._folder is not None and (self._folder / f"{name}.o").is_file())

    def get(self, name: str) -> bytes | None:
        """The object, or None if it is not there or damaged."""
        if name in self._memory:
            return self._memory[name]
        if self._folder is None:
            return None
        try:
            data = (self._folder / f"{name}.o").read_bytes()
        except OSError:
            return None
        code = data[32:]
        return code if hashlib.sha256(code).digest() == data[:32] else None

    def put(self, name: str, code: bytes) -> None:
        """Keep an object; two processes that do it at once leave one whole file."""
        self._memory[name] = code
        if self._folder is None:
            return
        handle, temporary = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            Path(temporary).replace(self._folder / f"{name}.o")
        except OSError:
            Path(temporary).unlink(missing_ok=True)  # a full disk, or Windows holding the old file: memory has it
