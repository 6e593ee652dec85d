"""Loads the programs of tools/, which stand in no package and import each other by their names."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def tool(name: str) -> ModuleType:
    """A program of tools/ as a module."""
    if str(TOOLS) not in sys.path:
        sys.path.append(str(TOOLS))  # behind everything else: `test.py` there must not stand for Python's own
    return importlib.import_module(name)
