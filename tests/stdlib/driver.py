"""Runs the step of a function over columns in plain Python, with the gap policy that it declares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tradeplan.dsl.catalog import Calendar, Catalog, Feature, Field, Function, Gap, Named

from tests.stdlib.features import feature_column

Columns = Mapping[str, Sequence[float]]


@dataclass
class State:
    """All that a step may remember. Copying it is enough to stop and go on."""

    floats: list[float] = field(default_factory=list)
    integers: list[int] = field(default_factory=list)
    ring: list[float] = field(default_factory=list)

    @classmethod
    def fresh(cls, function: Function, constants: Sequence[float]) -> State:
        """Zeros of the declared sizes."""
        return cls([0.0] * function.floats, [0] * function.integers, [0.0] * function.ring(constants))

    def copy(self) -> State:
        """The same state elsewhere."""
        return State(list(self.floats), list(self.integers), list(self.ring))

    def clear(self) -> None:
        """Zeros again, in place."""
        self.floats[:] = [0.0] * len(self.floats)
        self.integers[:] = [0] * len(self.integers)
        self.ring[:] = [0.0] * len(self.ring)


def read_key(read: Field | Calendar | Feature | Named, function: Function) -> str:
    """The name under which an oracle finds a read; with its result, where a function is read for several."""
    if isinstance(read, Calendar):
        return read.what
    several = sum(isinstance(r, Named) and r.name == read.name for r in function.reads) > 1
    return f"{read.name}.{read.output}" if isinstance(read, Named) and several else read.name


def input_keys(function: Function, series: Columns) -> list[str]:
    """The columns in the order in which the step receives them; a variadic parameter takes as many as there are."""
    keys = [read_key(read, function) for read in function.reads]
    for parameter in function.series:
        if not parameter.variadic:
            keys.append(parameter.name)
            continue
        count = 0
        while f"{parameter.name}{count}" in series:
            keys.append(f"{parameter.name}{count}")
            count += 1
    return keys


def constants_of(function: Function, parameters: Mapping[str, float], series: Columns) -> list[float]:
    """What the step receives in `p`."""
    constants = [float(parameters[parameter.name]) for parameter in function.constants]
    variadic = len(input_keys(function, series)) - len(function.reads) - len(function.series) + 1
    return [*constants, float(variadic)] if function.series and function.series[-1].variadic else constants


def run(
    function: Function, parameters: Mapping[str, float], series: Columns, state: State | None = None
) -> dict[str, list[float]]:
    """The outputs over whole columns; `state` goes on from where it stands and is changed in place."""
    if function.step is None:
        raise ValueError(f"function `{function.name}` has no step to run")
    constants = constants_of(function, parameters, series)
    state = State.fresh(function, constants) if state is None else state
    rows = list(zip(*(series[key] for key in input_keys(function, series)), strict=True))
    results: list[list[float]] = [[] for _ in function.outputs]
    for row in rows:
        out = [math.nan] * len(function.outputs)
        if function.gap is Gap.OWN or not any(math.isnan(value) for value in row):
            function.step(state.floats, state.integers, state.ring, constants, list(row), out)
        elif function.gap is Gap.RESET:
            state.clear()
        for column, value in zip(results, out, strict=True):
            column.append(float(value))
    return {output.name: column for output, column in zip(function.outputs, results, strict=True)}


def expected(function: Function, parameters: Mapping[str, float], series: Columns) -> dict[str, list[float]]:
    """The outputs by the oracle, which sees what the gap policy lets through.

    HOLD: the known rows joined together. RESET: each unbroken run of known rows by itself. OWN: everything.
    """
    if function.oracle is None:
        raise ValueError(f"function `{function.name}` has no oracle to ask")
    keys = input_keys(function, series)
    length = len(series[keys[0]])
    if function.gap is Gap.OWN:
        runs = [list(range(length))]
    else:
        runs = [[]]
        for i in range(length):
            if not any(math.isnan(series[key][i]) for key in keys):
                runs[-1].append(i)
            elif function.gap is Gap.RESET:
                runs.append([])
    results = {output.name: [math.nan] * length for output in function.outputs}
    for places in runs:
        part = function.oracle({key: [series[key][i] for i in places] for key in keys}, parameters)
        for name, column in results.items():
            values = part[name]
            if len(values) != len(places):
                raise ValueError(f"the oracle of `{function.name}` gives {len(values)} values for {len(places)} rows")
            for i, value in zip(places, values, strict=True):
                column[i] = float(value)
    return results


def read_column(catalog: Catalog, read: Named, parameters: Mapping[str, float], fields: Columns) -> list[float]:
    """The column of a function that another one reads, on the same bars, with that function's defaults."""
    function = catalog[read.name]
    given = list(read.arguments)
    own: dict[str, float] = {}
    columns: dict[str, Sequence[float]] = {}
    for parameter in function.parameters:
        if parameter.series:
            columns[parameter.name] = fields[parameter.default or ""]
        elif given:
            value = given.pop(0)
            own[parameter.name] = float(read.filled(value, parameters))
        else:
            own[parameter.name] = float((parameter.default or "").rstrip("%"))
    for inner in function.reads:
        if isinstance(inner, Named):
            columns[read_key(inner, function)] = read_column(catalog, inner, own, fields)
        elif isinstance(inner, Feature):
            columns[inner.name] = feature_column(inner, fields)
        else:
            columns[read_key(inner, function)] = fields[read_key(inner, function)]
    return run(function, own, columns)[read.output or function.outputs[0].name]
