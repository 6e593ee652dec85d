"""Kernels to call: plain Python functions over flat arrays, compiled to cached object code or run as they are.

    kernels = Kernels("compiled")            # or "interpreted": same functions, same bits, no compiler
    run = kernels.entry(loop.run)            # def run(prices: Floats, code: Integers, n: int, factor: float) -> int
    run(prices, code, 10, 0.5)               # checks and hands over: about 2 µs
    bound = run.bind(prices, code, 10, 0.5)  # arguments prepared once
    bound.set(2, 20); bound()                # about 0.5 µs

An entry's annotations are `Floats Integers Bytes` (1-D float64, int64, int8), `int`, `float`, or a NamedTuple of these;
it returns `int` or None. It and all it calls import `math` and `numpy` only, allocate nothing, raise nothing, count
indices from zero, and divide only by what cannot be zero (interpreted, that raises). Write `x * x`, not `x ** 2`:
integer powers differ between Python and machine code.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

import numpy as np
from tradeplan.dsl.catalog import Function
from tradeplan.runtime.kernels import interpreted
from tradeplan.runtime.kernels.cache import ObjectCache
from tradeplan.runtime.kernels.closure import PlainFunction, digest
from tradeplan.runtime.kernels.machine import link, linked
from tradeplan.runtime.kernels.signature import arguments

Mode = Literal["compiled", "interpreted"]

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


def entry_symbol(function: PlainFunction) -> str:
    """The name of an entry's object, different for each content of it and of what it calls."""
    return f"entry_{function.__name__}_{digest(function, *(a.kinds for a in arguments(function)))}"


class Bound:
    """A kernel with its arguments; call it as often as wanted. Arrays are shared, not copied, and kept alive."""

    def __init__(self, kernel: Kernel, values: Sequence[Any]) -> None:
        if len(values) != len(kernel.arguments):
            raise TypeError(f"kernel `{kernel.name}` takes {len(kernel.arguments)} arguments, got {len(values)}")
        self._kernel = kernel
        self._kept = list(values)
        self._words: list[int] = []
        pairs = list(zip(kernel.arguments, values, strict=True))
        if kernel.native is None:
            self._viewed = [argument.viewed(value) for argument, value in pairs]
        else:
            block: list[int] = []
            for argument, value in pairs:
                self._words.append(len(block))
                block += argument.packed(value)
            self._block = np.array(block, dtype=np.int64)
            self._pointer = self._block.ctypes.data

    def set(self, position: int, value: Any) -> None:
        """Replace one argument."""
        argument = self._kernel.arguments[position]
        self._kept[position] = value
        if self._kernel.native is None:
            self._viewed[position] = argument.viewed(value)
        else:
            at = self._words[position]
            self._block[at : at + argument.words] = argument.packed(value)

    def __call__(self) -> int:
        if self._kernel.native is None:
            return self._kernel.function(*self._viewed) or 0
        return int(self._kernel.native(self._pointer))


class Kernel:
    """One entry, ready to be called; `address` is 0 where it is interpreted."""

    def __init__(self, function: PlainFunction, address: int) -> None:
        self.function = function
        self.name = function.__name__
        self.arguments = arguments(function)
        self.address = address
        self.native: Callable[[int], int] | None = _CALL(address) if address else None

    def bind(self, *values: Any) -> Bound:
        """Prepare a call. Raises TypeError where an array is not what the annotation says."""
        return Bound(self, values)

    def __call__(self, *values: Any) -> int:
        return Bound(self, values)()


class Kernels:
    """Makes kernels of one mode. Compiling needs numba and takes seconds, once; loading takes a millisecond."""

    def __init__(self, mode: Mode = "compiled", cache_root: str = "") -> None:
        self.mode = mode
        self._cache = ObjectCache(cache_root)
        self._entries: dict[int, Kernel] = {}
        self._columns: dict[Column, Any] = {}

    def entry(self, function: PlainFunction) -> Kernel:
        """The kernel of a plain function. Raises KernelError (see `compile`) if it cannot be compiled."""
        found = self._entries.get(id(function))
        if found is None:
            address = 0
            if self.mode == "compiled":
                symbol = entry_symbol(function)
                address = self._linked({symbol: lambda: _compile_entry(function, symbol)})[0]
            found = self._entries[id(function)] = Kernel(function, address)
        return found

    def columns(self, columns: Sequence[Column]) -> Any:
        """A table for `primitives.call_column`: int64 addresses when compiled, else a list of Python functions."""
        if self.mode == "interpreted":
            for column in columns:
                if column not in self._columns:
                    self._columns[column] = interpreted.column(*column.sizes)
            return [self._columns[column] for column in columns]
        wanted = {c.symbol: (lambda c=c: _compile_column(c)) for c in columns}
        by_symbol = dict(zip(wanted, self._linked(wanted), strict=True))
        return np.array([by_symbol[c.symbol] for c in columns], dtype=np.int64)

    def _linked(self, wanted: dict[str, Any]) -> list[int]:
        """Addresses of symbols; what is not in the cache is compiled by the function beside it."""
        objects: dict[str, bytes] = {}
        for symbol, compiled in wanted.items():
            if not linked(symbol):
                code = self._cache.get(symbol)
                if code is None:
                    code = compiled()
                    self._cache.put(symbol, code)
                objects[symbol] = code
        link(objects)
        return [linked(symbol) for symbol in wanted]


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

    return compile_entry(function, arguments(function), symbol)


def _compile_column(column: Column) -> bytes:
    from tradeplan.runtime.kernels.compile import compile_column  # as above

    return compile_column(*column.sizes, symbol=column.symbol)
