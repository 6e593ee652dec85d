"""Numba intrinsics behind the primitives: arrays over raw memory, locals on the stack, a call through an address."""

# mypy: disable-error-code="no-untyped-call"
# reason: numba and llvmlite are typed in parts only
from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

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


def _array(context: Any, builder: Any, array_type: Any, pointer: Any, shape: list[Any]) -> Any:
    """An array value over memory that nobody owns: no reference counting, so none has to be paid for or linked."""
    array = context.make_array(array_type)(context, builder)
    size = context.get_constant(types.intp, array_type.dtype.bitwidth // 8)
    strides = [size]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    populate_array(
        array,
        data=builder.bitcast(pointer, array.data.type),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=size,
        meminfo=None,
    )
    return array._getvalue()


def _part(dtype: Any) -> Any:
    array_type = types.Array(dtype, 1, "C")

    @intrinsic
    def part(typing_context: Any, array: Any, start: Any, count: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            whole = context.make_array(signature.args[0])(context, builder, arguments[0])
            return _array(context, builder, array_type, builder.gep(whole.data, [arguments[1]]), [arguments[2]])

        return array_type(array, types.int64, types.int64), generate

    return part


floats_at = _part(types.float64)
integers_at = _part(types.int64)
bytes_at = _part(types.int8)


def _pointed(dtype: Any) -> Any:
    array_type = types.Array(dtype, 1, "C")

    @intrinsic
    def pointed(typing_context: Any, pointer: Any, count: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _array(context, builder, array_type, arguments[0], [arguments[1]])

        return array_type(pointer, types.int64), generate

    return pointed


floats_behind = _pointed(types.float64)
integers_behind = _pointed(types.int64)


def _argument(dtype: Any, dimensions: int) -> Any:
    """An array argument out of a block of words: its address, then its extents."""
    array_type = types.Array(dtype, dimensions, "C")

    @intrinsic
    def argument(typing_context: Any, block: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def word(j: int) -> Any:
                index = builder.add(arguments[1], context.get_constant(types.int64, j))
                return builder.load(builder.gep(arguments[0], [index]))

            pointer = builder.inttoptr(word(0), _BYTE.as_pointer())
            return _array(context, builder, array_type, pointer, [word(1 + j) for j in range(dimensions)])

        return array_type(block, types.int64), generate

    return argument


ARRAY_ARGUMENTS = {
    "Floats": _argument(types.float64, 1),
    "Integers": _argument(types.int64, 1),
    "Bytes": _argument(types.int8, 1),
    "Floats2": _argument(types.float64, 2),
    "Integers2": _argument(types.int64, 2),
    "Bytes2": _argument(types.int8, 2),
    "Columns": _argument(types.int64, 1),
}


@intrinsic
def float_argument(typing_context: Any, block: Any, at: Any) -> Any:
    """A float64 out of a block of words."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(builder.load(builder.gep(arguments[0], [arguments[1]])), _DOUBLE)

    return types.float64(block, types.int64), generate


def _stack(dtype: Any, machine: Any) -> Any:
    array_type = types.Array(dtype, 1, "C")

    @intrinsic(prefer_literal=True)
    def stack(typing_context: Any, size: Any) -> Any:
        if not isinstance(size, types.IntegerLiteral):
            return None
        count = size.literal_value

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            room = cgutils.alloca_once(builder, ir.ArrayType(machine, count))
            return _array(context, builder, array_type, room, [context.get_constant(types.intp, count)])

        return array_type(size), generate

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
            return builder.gep(context.make_array(signature.args[array])(context, builder, a[array]).data, [a[index]])

        address = builder.load(at(0, 1))
        function = builder.inttoptr(address, column_type().as_pointer())
        base = context.make_array(signature.args[11])(context, builder, a[11]).data
        builder.call(
            function,
            [at(2, 3), at(4, 5), at(6, 7), a[8], at(9, 10), base, at(12, 13), at(12, 14), a[15], a[16]],
        )
        return context.get_dummy_value()

    return signature, generate
