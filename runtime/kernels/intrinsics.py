"""Numba intrinsics behind the primitives: views of raw memory, locals on the stack, a call through an address."""

# mypy: disable-error-code="no-untyped-call,untyped-decorator"
# reason: numba and llvmlite are typed in parts only
from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

_DOUBLE = ir.DoubleType()
_LONG = ir.IntType(64)
_BYTE = ir.IntType(8)


def column_type() -> Any:
    """The machine type of a column function.

    void(double *f, long *k, double *ring, long ring_size, double *p, double *values, long *inputs, long *outputs,
    long first, long last)
    """
    d, i = _DOUBLE.as_pointer(), _LONG.as_pointer()
    return ir.FunctionType(ir.VoidType(), [d, i, d, _LONG, d, d, i, i, _LONG, _LONG])


COLUMN_SIGNATURE = types.void(
    types.CPointer(types.float64),
    types.CPointer(types.int64),
    types.CPointer(types.float64),
    types.int64,
    types.CPointer(types.float64),
    types.CPointer(types.float64),
    types.CPointer(types.int64),
    types.CPointer(types.int64),
    types.int64,
    types.int64,
)


class Memory(types.Type):
    """A view of memory that nobody owns: an address and a size; `m[i]`, `m[i] = x`, `len(m)`.

    numba's arrays are seven words each and turn negative indices around; kernels hand on fourteen views at a time and
    count from zero.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Memory({dtype})")


@register_model(Memory)
class _MemoryModel(models.StructModel):
    def __init__(self, manager: Any, view: Memory) -> None:
        super().__init__(manager, view, [("data", types.CPointer(view.dtype)), ("size", types.int64)])


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        view, index = args
        if isinstance(view, Memory) and isinstance(index, types.Integer):
            return signature(view.dtype, view, types.int64)
        return None


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        view, index, _ = args
        if isinstance(view, Memory) and isinstance(index, types.Integer):
            return signature(types.none, view, types.int64, view.dtype)
        return None


@infer_global(len)
class _Len(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.int64, *args) if isinstance(args[0], Memory) else None


def _data(context: Any, builder: Any, view_type: Any, view: Any) -> Any:
    return cgutils.create_struct_proxy(view_type)(context, builder, value=view).data


@lower_builtin(operator.getitem, Memory, types.int64)
def _get(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    data = _data(context, builder, signature.args[0], arguments[0])
    return builder.load(builder.gep(data, [arguments[1]], inbounds=True))


@lower_builtin(operator.setitem, Memory, types.int64, types.Any)
def _set(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    data = _data(context, builder, signature.args[0], arguments[0])
    builder.store(arguments[2], builder.gep(data, [arguments[1]], inbounds=True))
    return context.get_dummy_value()


@lower_builtin(len, Memory)
def _size(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0]).size


def _view(context: Any, builder: Any, view_type: Any, pointer: Any, size: Any) -> Any:
    view = cgutils.create_struct_proxy(view_type)(context, builder)
    view.data = builder.bitcast(pointer, view.data.type)
    view.size = size
    return view._getvalue()


def _part(dtype: Any) -> Any:
    view_type = Memory(dtype)

    @intrinsic
    def part(typing_context: Any, view: Any, start: Any, count: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = _data(context, builder, signature.args[0], arguments[0])
            return _view(context, builder, view_type, builder.gep(data, [arguments[1]]), arguments[2])

        return view_type(view, types.int64, types.int64), generate

    return part


floats_at = _part(types.float64)
integers_at = _part(types.int64)
bytes_at = _part(types.int8)


def _pointed(dtype: Any) -> Any:
    view_type = Memory(dtype)

    @intrinsic
    def pointed(typing_context: Any, pointer: Any, count: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _view(context, builder, view_type, arguments[0], arguments[1])

        return view_type(pointer, types.int64), generate

    return pointed


floats_behind = _pointed(types.float64)
integers_behind = _pointed(types.int64)


def _argument(dtype: Any) -> Any:
    """An array argument out of a block of words: its address, then its size."""
    view_type = Memory(dtype)

    @intrinsic
    def argument(typing_context: Any, block: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def word(j: int) -> Any:
                index = builder.add(arguments[1], context.get_constant(types.int64, j))
                return builder.load(builder.gep(arguments[0], [index]))

            return _view(context, builder, view_type, builder.inttoptr(word(0), _BYTE.as_pointer()), word(1))

        return view_type(block, types.int64), generate

    return argument


ARRAY_ARGUMENTS = {
    "Floats": _argument(types.float64),
    "Integers": _argument(types.int64),
    "Bytes": _argument(types.int8),
    "Columns": _argument(types.int64),
}


@intrinsic
def float_argument(typing_context: Any, block: Any, at: Any) -> Any:
    """A float64 out of a block of words."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(builder.load(builder.gep(arguments[0], [arguments[1]])), _DOUBLE)

    return types.float64(block, types.int64), generate


def _stack(dtype: Any, machine: Any) -> Any:
    view_type = Memory(dtype)

    @intrinsic(prefer_literal=True)
    def stack(typing_context: Any, size: Any) -> Any:
        if not isinstance(size, types.IntegerLiteral):
            return None
        count = size.literal_value

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            room = cgutils.alloca_once(builder, ir.ArrayType(machine, count))
            return _view(context, builder, view_type, room, context.get_constant(types.int64, count))

        return view_type(size), generate

    return stack


stack_floats = _stack(types.float64, _DOUBLE)
stack_integers = _stack(types.int64, _LONG)


@intrinsic
def call_column(
    typing_context: Any,
    columns: Any,
    which: Any,
    floats: Any,
    f_start: Any,
    integers: Any,
    k_start: Any,
    ring: Any,
    ring_start: Any,
    ring_size: Any,
    parameters: Any,
    p_start: Any,
    values: Any,
    rows: Any,
    inputs_at: Any,
    outputs_at: Any,
    first: Any,
    last: Any,
) -> Any:
    """Call the column function at an address; the table of addresses is filled at run time."""
    n = types.int64
    signature = types.void(columns, n, floats, n, integers, n, ring, n, n, parameters, n, values, rows, n, n, n, n)

    def generate(context: Any, builder: Any, signature: Any, a: Any) -> Any:
        def at(array: int, index: int) -> Any:
            return builder.gep(_data(context, builder, signature.args[array], a[array]), [a[index]])

        address = builder.load(at(0, 1))
        function = builder.inttoptr(address, column_type().as_pointer())
        base = _data(context, builder, signature.args[11], a[11])
        builder.call(
            function,
            [at(2, 3), at(4, 5), at(6, 7), a[8], at(9, 10), base, at(12, 13), at(12, 14), a[15], a[16]],
        )
        return context.get_dummy_value()

    return signature, generate
