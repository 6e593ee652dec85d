"""The arguments of a kernel: read from its annotations, laid out as words for the compiled form."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.kernels.closure import PlainFunction, is_bundle

DTYPES: dict[str, tuple[type[np.generic], int]] = {
    "Floats": (np.float64, 1),
    "Integers": (np.int64, 1),
    "Bytes": (np.int8, 1),
    "Columns": (np.int64, 1),
}
"""Array annotations: element type and dimensions."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: `kinds` holds one kind, or those of the fields where it is a named tuple (`bundle`)."""

    name: str
    kinds: tuple[str, ...]
    bundle: type[Any] | None = None

    @property
    def words(self) -> int:
        """How many words it takes in a block."""
        return sum(words(kind) for kind in self.kinds)

    def parts(self, value: Any) -> Sequence[Any]:
        """The values of its fields."""
        return (value,) if self.bundle is None else tuple(value)

    def packed(self, value: Any) -> list[int]:
        """Its words. Raises TypeError where an array is not what the kernel relies on."""
        return [word for kind, part in self._fields(value) for word in _packed(self.name, kind, part)]

    def viewed(self, value: Any) -> Any:
        """What the interpreted kernel receives: memoryviews give Python numbers, several times faster than numpy's."""
        views = [_viewed(self.name, kind, part) for kind, part in self._fields(value)]
        return views[0] if self.bundle is None else self.bundle(*views)

    def _fields(self, value: Any) -> list[tuple[str, Any]]:
        if self.bundle is not None and not isinstance(value, self.bundle):
            raise TypeError(f"argument `{self.name}` must be a {self.bundle.__name__}, got {type(value).__name__}")
        return list(zip(self.kinds, self.parts(value), strict=True))


def words(kind: str) -> int:
    """How many words a value of a kind takes: itself, or an address and extents."""
    return 1 + DTYPES[kind][1] if kind in DTYPES else 1


def arguments(function: PlainFunction) -> tuple[Argument, ...]:
    """The arguments of a kernel. Raises TypeError for an annotation that has no machine form."""
    found = []
    for name in function.__code__.co_varnames[: function.__code__.co_argcount]:
        kind = function.__annotations__.get(name)
        bundle = function.__globals__.get(kind) if isinstance(kind, str) else None
        if bundle is not None and is_bundle(bundle):
            kinds = tuple(str(getattr(k, "__forward_arg__", k)) for k in bundle.__annotations__.values())
            found.append(Argument(name, kinds, bundle))
        else:
            found.append(Argument(name, (str(kind),)))
        for k in found[-1].kinds:
            if k not in (*DTYPES, "int", "float"):
                raise TypeError(
                    f"argument `{name}` of kernel `{function.__qualname__}` is annotated {k!r}: expected one of "
                    f"{', '.join(DTYPES)}, int, float or a named tuple of them (with `from __future__ import "
                    "annotations`)"
                )
    return tuple(found)


def _packed(name: str, kind: str, value: Any) -> list[int]:
    if kind == "int":
        return [int(value)]
    if kind == "float":
        return [int(struct.unpack("q", struct.pack("d", value))[0])]
    array = _checked(name, kind, value)
    return [array.ctypes.data, *array.shape]


def _viewed(name: str, kind: str, value: Any) -> Any:
    if kind == "int":
        return int(value)
    if kind == "float":
        return float(value)
    if kind == "Columns" and isinstance(value, list):
        return value
    return _checked(name, kind, value).data


def _checked(name: str, kind: str, value: Any) -> NDArray[Any]:
    dtype, dimensions = DTYPES[kind]
    if (
        not isinstance(value, np.ndarray)
        or value.dtype != dtype
        or value.ndim != dimensions
        or not value.flags.c_contiguous
    ):
        raise TypeError(
            f"argument `{name}` must be a contiguous {dimensions}-D array of {np.dtype(dtype).name}, got "
            f"{getattr(value, 'dtype', type(value).__name__)} of {getattr(value, 'ndim', 0)} dimensions"
        )
    return value
