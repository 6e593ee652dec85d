"""Hands memory that is free back to the system, where the C library would keep it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable


def _trim() -> Callable[[int], object] | None:
    """The GNU C library's `malloc_trim`; other libraries have none, and give back by themselves."""
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[[int], object] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return found


_TRIM = _trim()


def hand_back() -> None:
    """For after work that took much memory for a moment, such as a new set of plans beside the one that runs.

    The GNU C library keeps what lies between things that stay, and the next set does not always fit into it: with edit
    after edit the process would seem to grow though nothing is kept.
    """
    if _TRIM is not None:
        _TRIM(0)
