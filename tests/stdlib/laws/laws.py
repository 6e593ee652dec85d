"""The laws that every function with a step obeys; each raises AssertionError with the case that breaks it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from tradeplan.dsl.catalog import Catalog, Function, Gap, Named, Output, Scale
from tradeplan.dsl.kinds import Base, Kind

from tests.stdlib.driver import State, constants_of, expected, input_keys, run
from tests.stdlib.markets import STYLES, Case, constants, make_case, scaled

Law = Callable[[Function, Catalog], None]

EXACT = (Base.CONDITION, Base.COUNT, Base.BARS, Base.ENUMERATION, Base.CLOCK_TIME, Base.DATE)
SENTINEL = 12345.678


def is_exact(output: Output) -> bool:
    """Whether an output has no rounding: conditions, counts, words, times, the existence of a zone."""
    return isinstance(output.kind, Kind) and (output.kind.base in EXACT or output.name == "exists")


def warm_up(function: Function, catalog: Catalog, parameters: Mapping[str, float], variadic: float = 4.0) -> int:
    """Bars until the first value can be known, those of the functions it reads included."""
    p = [parameters[c.name] for c in function.constants] + [variadic]
    before = 0
    for read in function.reads:
        if isinstance(read, Named):
            inner = catalog[read.name]
            given = [float(read.filled(a, parameters)) for a in read.arguments]
            own = dict(zip((c.name for c in inner.constants), given, strict=False))
            before = max(before, warm_up(inner, catalog, constants(inner) | own))
    return before + function.lookback(p)


def cases(
    function: Function, catalog: Catalog, *, length: int = 260, gaps: tuple[bool, ...] = (False, True)
) -> list[Case]:
    """Cases of every style, with and without gaps, with the defaults and with random constants."""
    made = []
    for number, (style, gap) in enumerate((style, gap) for style in STYLES for gap in gaps):
        rng = np.random.default_rng([number, len(function.name)])
        for parameters in (constants(function), constants(function, rng), constants(function, rng)):
            made.append(make_case(function, catalog, rng, parameters=parameters, length=length, style=style, gaps=gap))
    return made


def same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Equal bit for bit, UNKNOWN equal to UNKNOWN."""
    return len(one) == len(other) and all(a == b or (a != a and b != b) for a, b in zip(one, other, strict=True))


def close(function: Function, case: Case, output: Output, got: Sequence[float], want: Sequence[float]) -> str:
    """Empty if the column is the oracle's, else where it first differs."""
    size = max((abs(v) for v in want if not math.isnan(v)), default=0.0)
    tolerance = 0.0 if is_exact(output) else 1e-9 * size
    if output.scale is Scale.PRICE and tolerance > 0.0:
        inputs = (abs(v) for key in input_keys(function, case.series) for v in case.series[key] if not math.isnan(v))
        tolerance += 1e-13 * max(inputs, default=0.0)
    for i, (a, b) in enumerate(zip(got, want, strict=True)):
        if math.isnan(a) != math.isnan(b) or abs(a - b) > tolerance:
            return (
                f"`{function.name}.{output.name}` at {i} is {a!r}, its oracle says {b!r} (constants {case.parameters})"
            )
    return ""


def law_equals_its_oracle(function: Function, catalog: Catalog) -> None:
    """Values and UNKNOWNs are the oracle's on every style of market, with gaps and without."""
    told = {output.name: set[float]() for output in function.outputs}
    for case in cases(function, catalog):
        got, want = run(function, case.parameters, case.series), expected(function, case.parameters, case.series)
        for output in function.outputs:
            wrong = close(function, case, output, got[output.name], want[output.name])
            assert not wrong, wrong
            told[output.name].update(value for value in got[output.name] if not math.isnan(value))
    alike = [name for name, values in told.items() if len(values) < 2 and name != "exists"]
    assert not alike, f"the markets of this test never move {alike}: they prove nothing about it"


def law_first_value_at_its_lookback(function: Function, catalog: Catalog) -> None:
    """No output is known before the lookback, and over many markets each is known right at it."""
    if function.awaits and function.gap is Gap.OWN:
        return  # it reads zones and levels, which are UNKNOWN where there are none, and says FALSE there
    for parameters in (constants(function), constants(function, np.random.default_rng(len(function.name)))):
        earliest = dict.fromkeys((output.name for output in function.outputs), math.inf)
        for seed in range(150):
            rng = np.random.default_rng(seed)
            length = warm_up(function, catalog, parameters) + 2
            case = make_case(function, catalog, rng, parameters=parameters, length=length)
            lookback = function.lookback(constants_of(function, parameters, case.series))
            keys = input_keys(function, case.series)
            known = np.cumsum([not any(math.isnan(case.series[key][i]) for key in keys) for i in range(length)])
            for name, column in run(function, parameters, case.series).items():
                first = next(
                    (int(n) for n, value in zip(known, column, strict=True) if not math.isnan(value)), math.inf
                )
                assert first >= lookback, f"`{name}` is known after {first} inputs, before its lookback of {lookback}"
                earliest[name] = min(earliest[name], first)
            if all(first == lookback for first in earliest.values()) and seed >= 20:
                break
        if function.awaits:
            continue  # how long the market takes is not the function's; that it comes at all, the oracle's law asks
        late = {name: first for name, first in earliest.items() if first != lookback}
        assert not late, f"known later than the lookback of {lookback} inputs: {late} (constants {parameters})"


def law_causal(function: Function, catalog: Catalog) -> None:
    """Cutting off later inputs changes nothing before the cut."""
    for case in cases(function, catalog, gaps=(True,))[::2]:
        whole = run(function, case.parameters, case.series)
        for cut in (1, 2, 50, 163, 259):
            part = run(function, case.parameters, {key: column[:cut] for key, column in case.series.items()})
            for name, column in part.items():
                assert same(column, whole[name][:cut]), (
                    f"`{name}` changes before bar {cut} when what follows is cut off"
                )


def law_any_chunk_size(function: Function, catalog: Catalog) -> None:
    """Bar by bar, or in chunks of any size with the state copied between them: the same as in one go."""
    for case in cases(function, catalog, gaps=(True,))[::3]:
        whole = run(function, case.parameters, case.series)
        p = constants_of(function, case.parameters, case.series)
        for size in (1, 7, 64):
            state = State.fresh(function, p)
            got: dict[str, list[float]] = {output.name: [] for output in function.outputs}
            for begin in range(0, len(next(iter(case.series.values()))), size):
                state = state.copy()
                part = {key: column[begin : begin + size] for key, column in case.series.items()}
                for name, column in run(function, case.parameters, part, state).items():
                    got[name] += column
            for name, column in got.items():
                assert same(column, whole[name]), (
                    f"`{name}` depends on the chunk size {size}: something is not in the state"
                )


def law_scales_with_units(function: Function, catalog: Catalog) -> None:
    """With every price times a power of two, price outputs are exactly so many times as large, the others the same."""
    for case in cases(function, catalog, gaps=(True,))[::2]:
        before = run(function, case.parameters, case.series)
        for factor in (2.0, 2.0**-10):
            moved = scaled(function, catalog, case, factor)
            after = run(function, moved.parameters, moved.series)
            for output in function.outputs:
                if output.scale is not Scale.OWN:
                    times = factor if output.scale is Scale.PRICE else 1.0
                    want = [value * times for value in before[output.name]]
                    assert same(after[output.name], want), f"`{output.name}` does not scale as {output.scale.value}"


def law_survives_gaps(function: Function, catalog: Catalog) -> None:
    """A gap is UNKNOWN while it lasts (unless the function decides itself) and leaves nothing behind."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        parameters = constants(function, rng)
        reach = warm_up(function, catalog, parameters) + 200
        clean = make_case(function, catalog, rng, parameters=parameters, length=2 * reach)
        gap = range(reach // 2, reach // 2 + 3)
        keys = input_keys(function, clean.series)
        holed = {k: [math.nan if i in gap else v for i, v in enumerate(clean.series[k])] for k in keys}
        got, whole = run(function, parameters, holed), run(function, parameters, clean.series)
        if function.gap is Gap.OWN:
            for name, column in got.items():
                later = [math.isnan(v) for v in column[reach:]], [math.isnan(v) for v in whole[name][reach:]]
                assert later[0] == later[1], f"`{name}` stays UNKNOWN after a gap"
            continue
        skipped = [i for i in range(2 * reach) if i not in gap]
        start = gap.stop if function.gap is Gap.RESET else 0
        joined = {k: [column[i] for i in skipped if i >= start] for k, column in holed.items()}
        without = run(function, parameters, joined)
        for name, column in got.items():
            assert all(math.isnan(column[i]) for i in gap), f"`{name}` is known within a gap"
            assert same([column[i] for i in skipped if i >= start], without[name]), f"a gap changes `{name}` for ever"


def law_bounds_work(function: Function, catalog: Catalog) -> None:
    """Every constant works at its lowest and at its highest value, and gives the oracle's values there."""
    for parameter in function.constants:
        for bound in (parameter.low, parameter.high):
            assert bound is not None, f"parameter `{parameter.name}` has no bounds"
            parameters = constants(function) | {parameter.name: float(bound)}
            length = warm_up(function, catalog, parameters) + 6
            case = make_case(function, catalog, np.random.default_rng(5), parameters=parameters, length=length)
            got, want = run(function, parameters, case.series), expected(function, parameters, case.series)
            for output in function.outputs:
                wrong = close(function, case, output, got[output.name], want[output.name])
                assert not wrong, wrong


class Guarded(list[float]):
    """A list that refuses what a step may not do: places outside it, and writing where that is forbidden."""

    def __init__(self, values: Sequence[float], name: str, *, frozen: bool = False) -> None:
        super().__init__(values)
        self.name, self.frozen = name, frozen

    def _check(self, place: object) -> None:
        assert type(place) is int, f"`{self.name}` is indexed with {place!r}"
        assert 0 <= place < len(self), f"`{self.name}[{place}]` is outside of its {len(self)} places"

    def __getitem__(self, place):
        self._check(place)
        return super().__getitem__(place)

    def __setitem__(self, place, value) -> None:
        self._check(place)
        assert not self.frozen, f"`{self.name}` is an input and may not be written"
        super().__setitem__(place, value)


def law_stays_in_its_state(function: Function, catalog: Catalog) -> None:
    """A step touches nothing outside its declared state, writes no input, fills every output."""
    assert function.step is not None
    for case in cases(function, catalog, gaps=(True,))[::2]:
        p = constants_of(function, case.parameters, case.series)
        fresh = State.fresh(function, p)
        f, k, ring = Guarded(fresh.floats, "f"), Guarded(fresh.integers, "k"), Guarded(fresh.ring, "ring")
        for row in zip(*(case.series[key] for key in input_keys(function, case.series)), strict=True):
            if function.gap is not Gap.OWN and any(math.isnan(value) for value in row):
                continue
            out = Guarded([SENTINEL] * len(function.outputs), "out")
            function.step(f, k, ring, Guarded(p, "p", frozen=True), Guarded(row, "x", frozen=True), out)
            assert SENTINEL not in out, "an output was not written"
            assert all(type(value) is int for value in list.__iter__(k)), "a float in the whole-number state"


def law_conditions_have_three_values(function: Function, catalog: Catalog) -> None:
    """A condition is 0, 1 or UNKNOWN, and no output is infinite."""
    for case in cases(function, catalog)[::2]:
        for output, column in zip(function.outputs, run(function, case.parameters, case.series).values(), strict=True):
            assert not any(math.isinf(value) for value in column), f"`{output.name}` is infinite"
            if (isinstance(output.kind, Kind) and output.kind.base is Base.CONDITION) or output.name == "exists":
                assert all(value in (0.0, 1.0) or value != value for value in column), (
                    f"`{output.name}` is no condition"
                )


LAWS: tuple[Law, ...] = (
    law_equals_its_oracle,
    law_first_value_at_its_lookback,
    law_causal,
    law_any_chunk_size,
    law_scales_with_units,
    law_survives_gaps,
    law_bounds_work,
    law_stays_in_its_state,
    law_conditions_have_three_values,
)
"""The laws of functions that have a step; what a signature owes stands in `signatures`."""
