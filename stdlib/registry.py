"""Finds the functions of the standard library: a file in a category folder is registered by being there."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

from tradeplan import stdlib
from tradeplan.dsl.catalog import Catalog, Function


@cache
def catalog() -> Catalog:
    """All functions of the standard library, sorted by name."""
    return Catalog(_sorted(_standard()))


def load_catalog(*folders: Path) -> Catalog:
    """The standard library and the functions of further category folders, as one catalog.

    Each folder holds one `.py` file per function, like a category folder of the standard library. Raises ValueError
    if a file defines no function, or one whose name is not the file's or is taken.
    """
    functions = _standard()
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            if path.stem != "__init__":
                functions.append(_function_of(_module_at(path), path.stem))
    return Catalog(_sorted(functions))


def _standard() -> list[Function]:
    functions = []
    for category in pkgutil.iter_modules(stdlib.__path__):
        if not category.ispkg:
            continue
        package = importlib.import_module(f"{stdlib.__name__}.{category.name}")
        for file in pkgutil.iter_modules(package.__path__):
            function = _function_of(importlib.import_module(f"{package.__name__}.{file.name}"), file.name)
            if function.category != category.name:
                raise ValueError(
                    f"function `{function.name}` stands in folder `{category.name}` "
                    f"but says category `{function.category}`: make them equal"
                )
            functions.append(function)
    return functions


def _module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tradeplan_extra_{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"`{path.name}` cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _function_of(module: ModuleType, file_name: str) -> Function:
    function = getattr(module, "FUNCTION", None)
    if not isinstance(function, Function):
        raise ValueError(f"`{file_name}.py` defines no function: expected a module-level `FUNCTION = Function(...)`")
    if function.name != file_name:
        raise ValueError(f"`{file_name}.py` defines function `{function.name}`: name the file like the function")
    return function


def _sorted(functions: list[Function]) -> list[Function]:
    return sorted(functions, key=lambda function: function.name)
