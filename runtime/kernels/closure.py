"""What a plain function is made of: the functions and constants it reaches, and a digest of them all."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy

PlainFunction = Callable[..., Any]

_CONSTANTS = (bool, int, float, str, tuple)
_MODULES = (math, numpy)


def code_names(code: CodeType) -> Iterator[str]:
    """Every name that a function's code, nested code included, may look up in its module."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_names(constant)


def is_bundle(value: object) -> bool:
    """Whether a value is a class made with NamedTuple: a bundle of arrays that kernels hand on as one."""
    return isinstance(value, type) and issubclass(value, tuple) and hasattr(value, "_fields")


def reached(function: PlainFunction) -> dict[str, Any]:
    """The module-level names that a function uses, with their values, sorted by name.

    Raises TypeError for a value that cannot be compiled: anything but functions, numbers, texts, tuples of them, named
    tuple classes, and the modules `math` and `numpy`.
    """
    if not isinstance(function, FunctionType):
        raise TypeError(f"`{function!r}` is no plain function: kernels and steps are written with `def`")
    found: dict[str, Any] = {}
    for name in sorted(set(code_names(function.__code__))):
        if name not in function.__globals__:
            continue
        value = function.__globals__[name]
        if isinstance(value, ModuleType):
            if value not in _MODULES:
                continue  # an attribute may be spelled like an imported module; a true use fails in the compiler
        elif (
            not isinstance(value, (*_CONSTANTS, FunctionType))
            and not hasattr(math, getattr(value, "__name__", ""))
            and not is_bundle(value)
        ):
            raise TypeError(
                f"`{function.__module__}.{function.__qualname__}` uses `{name}` of type {type(value).__name__}: "
                "compiled code may use functions, numbers, texts, `math` and `numpy` only"
            )
        found[name] = value
    return found


def digest(*parts: object) -> str:
    """A short digest of functions (with all they reach) and of values."""
    h = hashlib.sha256()
    seen: set[int] = set()
    for part in parts:
        _feed(h, part, seen)
    return h.hexdigest()[:20]


def _feed(h: Any, part: object, seen: set[int]) -> None:
    if isinstance(part, FunctionType):
        h.update(f"def {part.__qualname__}{part.__defaults__!r}".encode())
        if id(part) in seen:
            return
        seen.add(id(part))
        _feed_code(h, part.__code__)
        for name, value in reached(part).items():
            h.update(f"|{name}=".encode())
            _feed(h, value, seen)
    elif isinstance(part, ModuleType):
        h.update(part.__name__.encode())
    elif is_bundle(part):
        h.update(f"{part!r}{getattr(part, '_fields', ())!r}|".encode())
    else:
        h.update(f"{type(part).__name__}:{part!r}|".encode())


def _feed_code(h: Any, code: CodeType) -> None:
    h.update(code.co_code)
    h.update(repr((code.co_names, code.co_varnames, code.co_freevars, code.co_argcount)).encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _feed_code(h, constant)
        else:
            h.update(f"{type(constant).__name__}:{constant!r}|".encode())
