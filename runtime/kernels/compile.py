"""From plain functions to object code: numba writes the LLVM code, and the object needs neither numba nor Python.

The only module, with `intrinsics` and `wrapper`, that imports numba; imported when something has to be compiled.
"""

# mypy: disable-error-code="no-untyped-call"
# reason: numba and llvmlite are typed in parts only
from __future__ import annotations

import math
import os
from collections.abc import Callable
from types import FunctionType
from typing import Any

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")  # its results differ in the last bit from those of libm

import llvmlite.binding as llvm
import numba
from numba.core import sigutils, types
from tradeplan.runtime.kernels import intrinsics, wrapper
from tradeplan.runtime.kernels.closure import PlainFunction, reached
from tradeplan.runtime.kernels.machine import target_machine
from tradeplan.runtime.kernels.signature import Argument, words
from tradeplan.runtime.kernels.source import primitives

_REPLACED = {
    id(primitives.call_column): intrinsics.call_column,
    id(primitives.floats_at): intrinsics.floats_at,
    id(primitives.integers_at): intrinsics.integers_at,
    id(primitives.bytes_at): intrinsics.bytes_at,
}
_ALLOWED = {"memcpy", "memmove", "memset", "bzero", "fmod", "ldexp", "__chkstk"} | set(dir(math))
_LOCAL_LIMIT = 16
# no reference counts, since no array is owned, and no wrappers for Python, since only machine code calls
_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "nogil": True,
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


class KernelError(RuntimeError):
    """A kernel or step could not be compiled, or does what compiled code must not."""


class _Session:
    """Compiles functions and what they reach, each once."""

    def __init__(self, replaced: dict[int, Any]) -> None:
        self._made: dict[int, Any] = dict(replaced)

    def function(self, plain: PlainFunction, inline: bool = False, **constants: Any) -> Any:
        found = self._made.get(id(plain))
        if found is None:
            found = numba.njit(**_OPTIONS, forceinline=inline)(self.rebound(plain, constants, inline))
            if not inline:
                found.compile = _for_any_constant(found.compile)
            self._made[id(plain)] = found
        return found

    def rebound(self, plain: PlainFunction, constants: dict[str, Any], inline: bool = False) -> FunctionType:
        """The function with compiled functions in the place of the plain ones that it calls."""
        assert isinstance(plain, FunctionType)
        names = {**{n: plain.__globals__[n] for n in plain.__code__.co_names if n in plain.__globals__}}
        for name, value in names.items():
            if name not in constants and isinstance(value, FunctionType):
                names[name] = self.function(value, inline)
        names.update(constants)
        names["__builtins__"] = __builtins__
        names["__name__"] = plain.__module__
        return FunctionType(plain.__code__, names, plain.__name__, plain.__defaults__, plain.__closure__)


def _for_any_constant(compiled: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compile a function once for an int, not once for every constant that a caller passes: half the time."""

    def once(signature: Any) -> Any:
        arguments, _ = sigutils.normalize_signature(signature)
        return compiled(tuple(types.unliteral(x) for x in arguments))

    return once


def compile_entry(function: PlainFunction, arguments: tuple[Argument, ...], symbol: str) -> bytes:
    """Object code of a kernel under `symbol`, as `int64 symbol(int64 *block)`; see `Kernel` for the block.

    Raises KernelError when numba refuses the source, or when it allocates memory or raises errors.
    """
    reached(function)
    names: dict[str, Any] = {"kernel": _Session(_REPLACED).function(function)}
    parts, at = [], 0
    for argument in arguments:
        fields = []
        for kind in argument.kinds:
            if kind == "int":
                fields.append(f"block[{at}]")
            elif kind == "float":
                names["float_argument"] = intrinsics.float_argument
                fields.append(f"float_argument(block, {at})")
            else:
                names[kind] = intrinsics.ARRAY_ARGUMENTS[kind]
                fields.append(f"{kind}(block, {at})")
            at += words(kind)
        if argument.bundle is None:
            parts += fields
        else:
            names[f"bundle_{argument.name}"] = argument.bundle
            parts.append(f"bundle_{argument.name}({', '.join(fields)})")
    returns = "return " if function.__annotations__.get("return") == "int" else ""
    text = f"def entry(block):\n    {returns}kernel({', '.join(parts)})\n" + ("" if returns else "    return 0\n")
    exec(compile(text, f"<entry of {function.__name__}>", "exec"), names)
    return _object(names["entry"], types.int64(types.CPointer(types.int64)), symbol, function)


def compile_column(
    step: PlainFunction,
    floats: int,
    integers: int,
    parameters: int,
    inputs: int,
    outputs: int,
    gap: str,
    symbol: str,
) -> bytes:
    """Object code of the column function around a step. Raises KernelError like `compile_entry`."""
    reached(step)
    session = _Session(_REPLACED)
    bound = session.rebound(
        wrapper.column,
        {
            "step": session.function(step, inline=True),
            "FLOATS": max(floats, 1),
            "INTEGERS": max(integers, 1),
            "PARAMETERS": max(parameters, 1),
            "INPUTS": max(inputs, 1),
            "OUTPUTS": outputs,
            "HOLD": gap == "hold",
            "RESET": gap == "reset",
            "LOCAL_FLOATS": floats <= _LOCAL_LIMIT,
            "LOCAL_INTEGERS": integers <= _LOCAL_LIMIT,
        },
    )
    return _object(bound, intrinsics.COLUMN_SIGNATURE, symbol, step)


def _object(function: FunctionType, signature: Any, symbol: str, shown: PlainFunction) -> bytes:
    where = f"`{shown.__module__}.{shown.__qualname__}`"
    compiled: Any  # two attributes below are numba's own, not in its stubs
    try:
        compiled = numba.cfunc(signature, error_model="numpy", nogil=True)(function)
    except numba.core.errors.NumbaError as error:
        raise KernelError(
            f"{where} is not in the part of Python that can be compiled; kernels and steps allocate nothing, slice "
            f"nothing and raise nothing: {error}"
        ) from error
    module = llvm.parse_assembly(compiled._library.get_llvm_str())
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration:
            # INVARIANT: nothing but the entry stays visible, so that error paths nobody can reach are found and dropped
            value.linkage = "external" if value.name == compiled._wrapper_name else "internal"
    module.get_function(compiled._wrapper_name).name = symbol
    machine = target_machine()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    passes = builder.getModulePassManager()
    passes.run(module, builder)
    needed = {
        v.name for v in (*module.functions, *module.global_variables) if v.is_declaration and v.name[:5] != "llvm."
    }
    if not needed <= _ALLOWED:
        raise KernelError(
            f"{where} needs {', '.join(sorted(needed - _ALLOWED))}: kernels and steps allocate nothing, raise nothing "
            "and call no library but `math`"
        )
    return bytes(machine.emit_object(module))
