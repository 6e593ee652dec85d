"""Kernels to call: plain Python functions over flat arrays, compiled to cached object code or run as they are.

    kernels = Kernels("compiled")            # or "interpreted": same functions, same bits, no compiler
    run = kernels.entry(loop.run)            # def run(prices: Floats, code: Integers, n: int, factor: float) -> int
    run(prices, code, 10, 0.5)               # checks and hands over: about 2 µs
    bound = run.bind(prices, code, 10, 0.5)  # arguments prepared once
    bound.set(2, 20); bound()                # about 0.5 µs

An entry's annotations are `Floats Integers Bytes` (1-D float64, int64, int8), `Floats2 Integers2 Bytes2` (2-D, index
`a[i, j]`), `int` and `float`, from `source.primitives`; it returns `int` or None. It and all it calls import `math` and
`numpy` only (as names), allocate nothing, raise nothing, and divide only by what cannot be zero (interpreted, that
raises). Write `x * x`, not `x ** 2`: integer powers differ between Python and machine code.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.catalog import Function
from tradeplan.runtime.kernels import interpreted
from tradeplan.runtime.kernels.cache import ObjectCache
from tradeplan.runtime.kernels.closure import PlainFunction, digest
from tradeplan.runtime.kernels.machine import Library

Mode = Literal["compiled", "interpreted"]

_DTYPES: dict[str, tuple[type[np.generic], int]] = {
    "Floats": (np.float64, 1),
    "Integers": (np.int64, 1),
    "Bytes": (np.int8, 1),
    "Floats2": (np.float64, 2),
    "Integers2": (np.int64, 2),
    "Bytes2": (np.int8, 2),
    "Columns": (np.int64, 1),
}
_CALL = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)  # of this kind the GIL is released during the call


@dataclass(frozen=True, slots=True)
class Column:
    """A column function: a step of the catalog for a number of parameters and inputs."""

    function: Function
    parameters: int
    inputs: int

    @property
    def key(self) -> str:
        """Its name on a command line."""
        return f"{self.function.name}:{self.parameters}:{self.inputs}"

    @property
    def sizes(self) -> tuple[PlainFunction, int, int, int, int, int, str]:
        """Step, floats, integers, parameters, inputs, outputs, gap policy: what both forms of a column are made of."""
        f = self.function
        if f.step is None:
            raise ValueError(f"function `{f.name}` has no step: it is written out by the checker and never a column")
        return f.step, f.floats, f.integers, self.parameters, self.inputs, len(f.outputs), str(f.gap)

    @property
    def symbol(self) -> str:
        """The name of its object, different for each content."""
        return f"column_{self.function.name}_{self.parameters}_{self.inputs}_{digest(*self.sizes)}"


def _kinds(function: PlainFunction) -> tuple[str, ...]:
    found = []
    for name in function.__code__.co_varnames[: function.__code__.co_argcount]:
        kind = function.__annotations__.get(name)
        if kind not in (*_DTYPES, "int", "float"):
            raise TypeError(
                f"argument `{name}` of kernel `{function.__qualname__}` is annotated {kind!r}: expected one of "
                f"{', '.join(_DTYPES)}, int, float (with `from __future__ import annotations`)"
            )
        found.append(kind)
    return tuple(found)


def entry_symbol(function: PlainFunction) -> str:
    """The name of an entry's object, different for each content of it and of what it calls."""
    return f"entry_{function.__name__}_{digest(function, _kinds(function))}"


class Bound:
    """A kernel with its arguments; call it as often as wanted. Arrays are shared, not copied, and kept alive."""

    def __init__(self, kernel: Kernel, arguments: Sequence[Any]) -> None:
        if len(arguments) != len(kernel.kinds):
            raise TypeError(f"kernel `{kernel.name}` takes {len(kernel.kinds)} arguments, got {len(arguments)}")
        self._kernel = kernel
        self._kept = list(arguments)
        self._words: list[int] = []
        if kernel.address:
            block: list[int] = []
            for i, (kind, value) in enumerate(zip(kernel.kinds, arguments, strict=True)):
                self._words.append(len(block))
                block += kernel.packed(i, kind, value)
            self._block = np.array(block, dtype=np.int64)
            self._pointer = self._block.ctypes.data
            self._native = kernel.native
        else:
            self._arguments = [
                kernel.viewed(i, kind, value)
                for i, (kind, value) in enumerate(zip(kernel.kinds, arguments, strict=True))
            ]

    def set(self, position: int, value: Any) -> None:
        """Replace one argument."""
        kind = self._kernel.kinds[position]
        self._kept[position] = value
        if self._kernel.address:
            if kind == "int":
                self._block[self._words[position]] = value
            else:
                words = self._kernel.packed(position, kind, value)
                self._block[self._words[position] : self._words[position] + len(words)] = words
        else:
            self._arguments[position] = self._kernel.viewed(position, kind, value)

    def __call__(self) -> int:
        if self._kernel.address:
            return self._native(self._pointer)  # type: ignore[no-any-return]  # ctypes says Any
        return self._kernel.function(*self._arguments) or 0


class Kernel:
    """One entry, ready to be called; `address` is 0 where it is interpreted."""

    def __init__(self, function: PlainFunction, address: int) -> None:
        self.function = function
        self.name = function.__name__
        self.kinds = _kinds(function)
        self.address = address
        self.native: Any = _CALL(address) if address else None

    def bind(self, *arguments: Any) -> Bound:
        """Prepare a call. Raises TypeError where an array is not what the annotation says."""
        return Bound(self, arguments)

    def __call__(self, *arguments: Any) -> int:
        return Bound(self, arguments)()

    def checked(self, position: int, kind: str, value: Any) -> NDArray[Any]:
        """An array argument, if it has the type, dimensions and layout that the kernel relies on."""
        dtype, dimensions = _DTYPES[kind]
        if (
            not isinstance(value, np.ndarray)
            or value.dtype != dtype
            or value.ndim != dimensions
            or not value.flags.c_contiguous
        ):
            raise TypeError(
                f"argument {position} of kernel `{self.name}` must be a contiguous {dimensions}-D array of "
                f"{np.dtype(dtype).name}, got {getattr(value, 'dtype', type(value).__name__)} "
                f"of {getattr(value, 'ndim', 0)} dimensions"
            )
        return value

    def packed(self, position: int, kind: str, value: Any) -> list[int]:
        """The words of an argument in a compiled call."""
        if kind == "int":
            return [int(value)]
        if kind == "float":
            return [int(struct.unpack("q", struct.pack("d", value))[0])]
        array = self.checked(position, kind, value)
        return [array.ctypes.data, *array.shape]

    def viewed(self, position: int, kind: str, value: Any) -> Any:
        """An argument of an interpreted call; memoryviews give Python numbers, several times faster than numpy's."""
        if kind == "int":
            return int(value)
        if kind == "float":
            return float(value)
        if kind == "Columns" and isinstance(value, list):
            return value
        return self.checked(position, kind, value).data


class Kernels:
    """Makes kernels of one mode. Compiling needs numba and takes seconds, once; loading takes a millisecond."""

    def __init__(self, mode: Mode = "compiled", cache_root: str = "") -> None:
        self.mode = mode
        self._cache = ObjectCache(cache_root)
        self._library = Library() if mode == "compiled" else None
        self._addresses: dict[str, int] = {}
        self._entries: dict[int, Kernel] = {}
        self._columns: dict[Column, Any] = {}

    def entry(self, function: PlainFunction) -> Kernel:
        """The kernel of a plain function. Raises KernelError (see `compile`) if it cannot be compiled."""
        found = self._entries.get(id(function))
        if found is None:
            address = 0
            if self._library is not None:
                symbol = entry_symbol(function)
                address = self._linked({symbol: lambda: _compile_entry(function, symbol)})[0]
            found = self._entries[id(function)] = Kernel(function, address)
        return found

    def columns(self, columns: Sequence[Column]) -> Any:
        """A table for `primitives.call_column`: int64 addresses when compiled, else a list of Python functions."""
        if self._library is None:
            for column in columns:
                if column not in self._columns:
                    self._columns[column] = interpreted.column(*column.sizes)
            return [self._columns[column] for column in columns]
        wanted = {c.symbol: (lambda c=c: _compile_column(c)) for c in columns}
        by_symbol = dict(zip(wanted, self._linked(wanted), strict=True))
        return np.array([by_symbol[c.symbol] for c in columns], dtype=np.int64)

    def _linked(self, wanted: dict[str, Any]) -> list[int]:
        """Addresses of symbols; what is not in the cache is compiled by the function beside it."""
        assert self._library is not None
        objects: dict[str, bytes] = {}
        for symbol, compiled in wanted.items():
            if symbol not in self._addresses:
                code = self._cache.get(symbol)
                if code is None:
                    code = compiled()
                    self._cache.put(symbol, code)
                objects[symbol] = code
        self._addresses.update(self._library.load(objects))
        return [self._addresses[symbol] for symbol in wanted]


def compiled(name: str, modules: Iterable[ModuleType], mode: Mode = "compiled") -> SimpleNamespace:
    """The kernels of the functions that each module lists in `ENTRIES`, as attributes of one object called `name`."""
    kernels = Kernels(mode)
    return SimpleNamespace(name=name, **{f.__name__: kernels.entry(f) for module in modules for f in module.ENTRIES})


def is_warm(entries: Iterable[PlainFunction], columns: Iterable[Column], cache_root: str = "") -> bool:
    """Whether these kernels can be loaded without compiling anything."""
    cache = ObjectCache(cache_root)
    return all(cache.has(entry_symbol(f)) for f in entries) and all(cache.has(c.symbol) for c in columns)


def _compile_entry(function: PlainFunction, symbol: str) -> bytes:
    # imported here: numba takes half a second, and a process whose kernels are all in the cache never needs it
    from tradeplan.runtime.kernels.compile import compile_entry

    return compile_entry(function, _kinds(function), symbol)


def _compile_column(column: Column) -> bytes:
    from tradeplan.runtime.kernels.compile import compile_column  # as above

    return compile_column(*column.sizes, symbol=column.symbol)
