"""Finds the functions of the standard library: a file in a category folder is registered by being there."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from functools import cache, partial
from pathlib import Path
from types import ModuleType

from tradeplan import stdlib
from tradeplan.dsl.catalog import Catalog, Function
from tradeplan.dsl.catalog.catalog import Loader

SOURCES = frozenset({"news"})
"""Categories that are sources of the language: a plan writes `news.blackout`."""


@cache
def catalog() -> Catalog:
    """All functions of the standard library."""
    return Catalog((), _standard())


def load_catalog(*folders: Path) -> Catalog:
    """The standard library and the functions of further category folders, as one catalog.

    Each folder holds one `.py` file per function, like a category folder of the standard library. Raises ValueError
    if a file defines no function, or one whose name is not the file's or is taken.
    """
    further = []
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            if path.stem != "__init__":
                further.append(_function_of(_module_at(path), path.stem))
    return Catalog(further, _standard())


def named_by(category: str, file_name: str) -> str:
    """The function of a file: `news_blackout.py` in the folder of the source `news` is `news.blackout`."""
    first, _, reading = file_name.partition("_")
    return f"{first}.{reading}" if category == first and first in SOURCES and reading else file_name


def _standard() -> dict[str, Loader]:
    """A loader for each file of a category folder; the file's name is the function's, so nothing is imported yet."""
    found: dict[str, Loader] = {}
    for root in stdlib.__path__:
        for category in pkgutil.iter_modules([root]):
            if not category.ispkg:
                continue
            for file in pkgutil.iter_modules([str(Path(root) / category.name)]):
                name = named_by(category.name, file.name)
                if name in found:
                    raise ValueError(f"function `{name}` is registered twice: rename one of its two files")
                found[name] = partial(_loaded, category.name, file.name)
    return found


def _loaded(category: str, name: str) -> Function:
    module = importlib.import_module(f"{stdlib.__name__}.{category}.{name}")
    function = _function_of(module, name, named_by(category, name))
    if function.category != category:
        raise ValueError(
            f"function `{function.name}` stands in folder `{category}` "
            f"but says category `{function.category}`: make them equal"
        )
    return function


def _module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tradeplan_extra_{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"`{path.name}` cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _function_of(module: ModuleType, file_name: str, name: str = "") -> Function:
    function = getattr(module, "FUNCTION", None)
    if not isinstance(function, Function):
        raise ValueError(f"`{file_name}.py` defines no function: expected a module-level `FUNCTION = Function(...)`")
    if function.name != (name or file_name):
        raise ValueError(f"`{file_name}.py` defines function `{function.name}`: name the file like the function")
    return function
