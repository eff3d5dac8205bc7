"""SIMD values for numba: vectors of float32 and register tiles of them.

numba compiles loops well, but it cannot be told to keep a block of a matrix product in registers,
and that is what the fast LeNet lives on. This module adds what is missing, as numba intrinsics
that write LLVM instructions: a vector type of `WIDTH` float32 lanes (16 with AVX-512, else 8),
loads, stores and arithmetic on it, and *tiles*, tuples of vectors that stay in registers.

All arrays are flat float32; positions and strides count numbers, not bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model


def cpu_features() -> dict[str, bool]:
    """Return the features that numba compiles for: this machine's, or those of NUMBA_CPU_NAME."""
    features = dict(binding.get_host_cpu_features())
    named = str(vars(numba.config)["CPU_NAME"] or "")
    if named and named != binding.get_host_cpu_name():
        known = {"haswell": {"avx2": True, "fma": True}}  # any other name counts as no SIMD
        return known.get(named, {})
    return features


WIDTH = 16 if cpu_features().get("avx512f") else 8
_VECTOR = ir.VectorType(ir.FloatType(), WIDTH)
_INDEX = types.intp
_ZERO = ir.Constant(_VECTOR, [0.0] * WIDTH)


class _VectorType(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"float32x{WIDTH}")


vector = _VectorType()


@register_model(_VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


# In what follows numba calls each generator with its context, LLVM's builder, the signature and
# the values; the function around it says which types go in and come out.


def _address(context: Any, build: Any, kind: Any, array: Any, at: Any) -> Any:
    return build.gep(context.make_array(kind)(context, build, value=array).data, [at])


def _load(context: Any, build: Any, kind: Any, array: Any, at: Any) -> Any:
    place = build.bitcast(_address(context, build, kind, array, at), _VECTOR.as_pointer())
    return build.load(place, align=4)


def _store(context: Any, build: Any, kind: Any, array: Any, at: Any, value: Any) -> None:
    place = build.bitcast(_address(context, build, kind, array, at), _VECTOR.as_pointer())
    build.store(value, place, align=4)


def _spread(build: Any, number: Any) -> Any:
    first = build.insert_element(
        ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(ir.IntType(32), 0)
    )
    every = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return build.shuffle_vector(first, ir.Constant(_VECTOR, ir.Undefined), every)


def _total(build: Any, value: Any) -> Any:
    kind = ir.FunctionType(ir.FloatType(), [ir.FloatType(), _VECTOR])
    name = f"llvm.vector.reduce.fadd.v{WIDTH}f32"
    add = cgutils.get_or_insert_function(build.module, kind, name)
    return build.call(add, [ir.Constant(ir.FloatType(), -0.0), value], fastmath=["reassoc"])


def _arithmetic(generate: Callable[[Any, list[Any]], Any], arguments: int) -> Any:
    """Make an intrinsic of `arguments` vectors that gives a vector."""

    def emit(context: Any, build: Any, signature: Any, values: list[Any]) -> Any:
        return generate(build, values)

    if arguments == 2:
        return intrinsic(lambda typing, a, b: (vector(vector, vector), emit))
    return intrinsic(lambda typing, a, b, c: (vector(vector, vector, vector), emit))


add = _arithmetic(lambda build, v: build.fadd(*v), 2)
subtract = _arithmetic(lambda build, v: build.fsub(*v), 2)
maximum = _arithmetic(lambda build, v: build.select(build.fcmp_ordered(">", *v), *v), 2)
# c in the lanes in which a equals b, else 0
where_equal = _arithmetic(
    lambda build, v: build.select(build.fcmp_ordered("==", v[0], v[1]), v[2], _ZERO), 3
)


@intrinsic
def load(typing: Any, array: Any, at: Any) -> Any:
    """Return the vector at array[at]."""
    return vector(array, _INDEX), lambda c, b, s, v: _load(c, b, s.args[0], *v)


@intrinsic
def store(typing: Any, array: Any, at: Any, value: Any) -> Any:
    """Write a vector to array[at]."""

    def emit(context: Any, build: Any, signature: Any, values: list[Any]) -> Any:
        _store(context, build, signature.args[0], *values)
        return context.get_dummy_value()

    return types.void(array, _INDEX, vector), emit


@intrinsic
def spread(typing: Any, number: Any) -> Any:
    """Return a vector that holds a number in every lane."""
    return vector(types.float32), lambda c, b, s, v: _spread(b, v[0])


@intrinsic
def total(typing: Any, value: Any) -> Any:
    """Return the sum of a vector's lanes."""
    return types.float32(vector), lambda c, b, s, v: _total(b, v[0])


@intrinsic(prefer_literal=True)
def tile(typing: Any, size: Any) -> Any:
    """Return a tile of `size` vectors of zeros."""
    count = size.literal_value
    empty = ir.Constant(ir.ArrayType(_VECTOR, count), [_ZERO] * count)
    return types.UniTuple(vector, count)(size), lambda c, b, s, v: empty


@intrinsic(prefer_literal=True)
def multiply_add(
    typing: Any, sums: Any, a: Any, a_at: Any, a_step: Any, x: Any, x_at: Any, x_step: Any,
    columns: Any, a_is_number: Any,
) -> Any:  # fmt: skip
    """Add an outer product to a tile: sums[r, c] += a[a_at + r a_step] * x[x_at + c x_step].

    x gives vectors; a gives numbers (`a_is_number` = 1), each used for a whole vector, or vectors.
    The tile's rows follow from its size and the number of columns.
    """

    def emit(context: Any, build: Any, signature: Any, values: list[Any]) -> Any:
        result, at, right = values[0], values[5], []
        for _ in range(columns.literal_value):
            right.append(_load(context, build, signature.args[4], values[4], at))
            at = build.add(at, values[6])
        at = values[2]
        for row in range(0, sums.count, len(right)):
            if a_is_number.literal_value:
                place = _address(context, build, signature.args[1], values[1], at)
                left = _spread(build, build.load(place))
            else:
                left = _load(context, build, signature.args[1], values[1], at)
            for column, factor in enumerate(right):
                product = build.fmul(factor, left, flags=["contract"])
                before = build.extract_value(result, row + column)
                after = build.fadd(product, before, flags=["contract"])
                result = build.insert_value(result, after, row + column)
            at = build.add(at, values[3])
        return result

    types_in = (sums, a, _INDEX, _INDEX, x, _INDEX, _INDEX, columns, a_is_number)
    return sums(*types_in), emit


@intrinsic(prefer_literal=True)
def store_tile(
    typing: Any, sums: Any, out: Any, at: Any, step: Any, columns: Any, as_totals: Any
) -> Any:
    """Write a tile, row r at out[at + r step]: its vectors side by side, or their totals (1)."""

    def emit(context: Any, build: Any, signature: Any, values: list[Any]) -> Any:
        kind, array = signature.args[1], values[1]
        for number in range(sums.count):
            row, column = divmod(number, columns.literal_value)
            value = build.extract_value(values[0], number)
            step = build.mul(values[3], ir.Constant(values[3].type, row))
            aside = column if as_totals.literal_value else column * WIDTH
            place = build.add(build.add(values[2], step), ir.Constant(values[2].type, aside))
            if as_totals.literal_value:
                build.store(_total(build, value), _address(context, build, kind, array, place))
            else:
                _store(context, build, kind, array, place, value)
        return context.get_dummy_value()

    return types.void(sums, out, _INDEX, _INDEX, columns, as_totals), emit
