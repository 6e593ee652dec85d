"""What a signature owes: bounds, defaults that fit, names that exist, a step that stands alone."""

from __future__ import annotations

import inspect
import re

from tradeplan.dsl.catalog import ENUMERATIONS, Catalog, Function, Named, SameAs
from tradeplan.dsl.kinds import Base
from tradeplan.stdlib import windows

from tests.stdlib.markets import default_value

FIELDS = {"open", "high", "low", "close", "tick_volume", "real_volume"}
ALLOWED = {"math", "nan", "inf", "isnan", "sqrt", "floor", "ceil", "log", "exp"}
ALLOWED |= {"min", "max", "abs", "int", "float", "range"}
STEP_ARGUMENTS = ["f", "k", "ring", "p", "x", "out"]


def check_signature(function: Function, catalog: Catalog) -> None:
    """Raises AssertionError with what is wrong."""
    names = [parameter.name for parameter in function.parameters]
    assert len(set(names)) == len(names), "two parameters share a name"
    assert re.fullmatch(r"(news\.)?[a-z][a-z0-9_]*", function.name), "a function's name is lower case"
    assert all((function.summary, function.source, function.example)), "summary, source and example are texts"
    assert function.outputs, "a function has a result"
    variadic = [parameter for parameter in function.parameters if parameter.variadic]
    assert not variadic or variadic == [function.series[-1]], "only the last series parameter takes several arguments"
    _check_parameters(function)
    _check_references(function, catalog)
    if function.expands:
        assert (function.step, function.oracle) == (None, None), "a function has a step or an expansion, not both"
        parts = [function.expands, *(part for _, part in function.where), *(o.expands for o in function.outputs)]
        text = " ".join(part if isinstance(part, str) else inspect.getsource(part) for part in parts)
        assert all(re.search(rf"\b{name}\b", text) for name in names), "the expansion uses every parameter"
        return
    if function.primitive in ("tighter", "wider"):
        return  # which one it is depends on the plan's side: tests/dsl/check and tests/stdlib/test_management
    assert function.step is not None, "a function has a step"
    assert function.oracle is not None, "a function has an oracle"
    _check_step(function)


def _check_parameters(function: Function) -> None:
    for parameter in function.parameters:
        where = f"parameter `{parameter.name}`"
        if parameter.series:
            fits = parameter.default is None or parameter.default in FIELDS or bool(function.expands)
            assert fits, f"{where}: the default is a bar field"
            continue
        assert parameter.kind is not None, f"{where}: a constant has a kind"
        assert parameter.low is not None, f"{where}: a constant has bounds"
        assert parameter.high is not None, f"{where}: a constant has bounds"
        assert parameter.low <= parameter.high, f"{where}: the bounds are the wrong way round"
        if parameter.kind.base is Base.ENUMERATION:
            values = ENUMERATIONS[parameter.kind.of].values()
            assert (parameter.low, parameter.high) == (min(values), max(values)), (
                f"{where}: bounds are those of the words"
            )
        if parameter.default is not None:
            assert parameter.low <= default_value(parameter) <= parameter.high, f"{where}: the default is out of bounds"


def _check_references(function: Function, catalog: Catalog) -> None:
    for output in function.outputs:
        if isinstance(output.kind, SameAs):
            assert output.kind.parameter in {p.name for p in function.series}, f"output `{output.name}`: like what?"
    for read in function.reads:
        if isinstance(read, Named):
            inner = catalog.get(read.name)
            assert inner is not None, f"reads `{read.name}`, which does not exist"
            assert not read.output or read.output in {o.name for o in inner.outputs}, f"`{read.name}.{read.output}`?"
            assert len(read.arguments) <= len(inner.constants), f"too many arguments for `{read.name}`"
            own = {p.name for p in function.constants}
            assert all(a.strip("-{}") in own for a in read.arguments if isinstance(a, str)), (
                "an argument that is no parameter"
            )


def _check_step(function: Function) -> None:
    assert function.step is not None
    code = function.step.__code__
    assert function.step.__name__ == "step", "the step is a plain function named `step`"
    assert list(inspect.signature(function.step).parameters) == STEP_ARGUMENTS, f"a step takes {STEP_ARGUMENTS}"
    assert not any((code.co_freevars, function.step.__defaults__)), "a step has nothing but its arguments"
    outside = set(code.co_names) - ALLOWED - set(windows.__dict__)
    assert not outside, f"a step may use `math`, plain built-ins and the parts of steps, not {sorted(outside)}"
