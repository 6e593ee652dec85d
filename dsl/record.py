"""`record` and `mutable_record`: dataclasses with slots whose definition is cheap.

A process that checks one plan defines some forty of them, and `dataclass` writes, compiles and runs the text of up to
six methods for each: a quarter of the time of `plan check`. Here one text is compiled, that of `__init__`; the other
methods are closures over the names of the fields. The result is a dataclass to `fields`, `replace` and `asdict`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_T]) -> type[_T]:
    """What `dataclass(frozen=True, slots=True)` makes, but for `__post_init__`, which is not called."""
    made, compared = _with_init(cls)
    _give(made, "__hash__", lambda self: hash(compared(self)))
    _give(made, "__setattr__", _refuse)
    _give(made, "__delattr__", _refuse)
    _give(made, "__reduce__", _remake)
    return made


@dataclass_transform(field_specifiers=(field,))
def mutable_record(cls: type[_T]) -> type[_T]:
    """What `dataclass(slots=True)` makes, but for `__post_init__`, which is not called."""
    made, _ = _with_init(cls)
    _give(made, "__hash__", None)
    return made


def _with_init(cls: type[_T]) -> tuple[type[_T], Callable[[Any], object]]:
    """The class with slots, `__init__`, `__eq__` and `__repr__`, and what of an object is compared."""
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    known: dict[str, Any] = {"_missing": MISSING}
    parameters, lines = ["self"], []
    for one in fields(made):
        name = value = one.name
        known[f"_set_{name}"] = getattr(made, name).__set__  # the slot itself: nothing that refuses to set is asked
        if one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            value = f"_make_{name}() if {name} is _missing else {name}" if one.init else f"_make_{name}()"
            default = "=_missing"
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            default = f"=_default_{name}"
        else:
            default = ""
        if one.init:
            parameters.append(name + default)
        lines.append(f"    _set_{name}(self, {value})")
    methods: dict[str, Any] = {}
    exec("\n".join([f"def __init__({', '.join(parameters)}):", *lines]), known, methods)
    made.__init__ = methods["__init__"]
    made.__init__.__qualname__ = f"{made.__qualname__}.__init__"
    compared = attrgetter(*(one.name for one in fields(made) if one.compare))

    def equal(self: object, other: object) -> object:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    _give(made, "__eq__", equal)
    _give(made, "__repr__", _told)
    done: type[_T] = made
    return done, compared


def _give(made: type[Any], name: str, method: object) -> None:
    """A method that the class did not write itself; a class whose `__eq__` is its own has told its `__hash__` too."""
    if name not in made.__dict__:
        setattr(made, name, method)


def _told(self: Any) -> str:
    said = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({said})"


def _refuse(self: object, name: str, *value: object) -> None:
    raise FrozenInstanceError(f"`{name}` of a {type(self).__name__} is never changed")


def _remake(self: Any) -> tuple[type, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, one.name) for one in fields(self) if one.init)
