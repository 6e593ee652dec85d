"""Random inputs for any function, made from its declared reads and parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tradeplan.dsl.catalog import ENUMERATIONS, Calendar, Catalog, Feature, Function, Named, Parameter, word_value
from tradeplan.dsl.kinds import Base
from tradeplan.runtime.market.settings import SETTINGS

from tests.stdlib.driver import Columns, read_column, read_key
from tests.stdlib.features import feature_column

STYLES = ("walk", "huge", "tiny", "flat", "coarse", "jumps")
PRICES = ("open", "high", "low", "close", "spread")
DAY = 86400
BAR_SECONDS = 300  # a duration in a default stands for so many bars of M5


@dataclass(frozen=True)
class Case:
    """A function's constants and its input columns."""

    parameters: dict[str, float]
    series: dict[str, list[float]]


def bars(rng: np.random.Generator, length: int, style: str, gaps: bool) -> dict[str, list[float]]:
    """Consistent bars with calendar columns; `gaps` makes single bars and runs of bars UNKNOWN."""
    scale = {"huge": 1e5, "tiny": 1e-5}.get(style, 1.1)
    steps = rng.normal(0.0, 0.002, length)
    if style == "flat":
        steps *= np.repeat(rng.random(length // 40 + 1) < 0.5, 40)[:length]
    if style == "jumps":
        steps += np.where(rng.random(length) < 0.02, rng.normal(0.0, 0.5, length), 0.0)
    close = scale * np.exp(np.cumsum(steps))
    opened = np.concatenate(([scale], close[:-1]))
    quiet = (steps == 0.0) & (opened == close)
    up, down = np.abs(rng.normal(0.0, 0.001, (2, length))) * np.where(quiet, 0.0, close)
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) + up,
        "low": np.maximum(np.minimum(opened, close) - down, 0.1 * np.minimum(opened, close)),
        "close": close,
        "spread": close * rng.uniform(1e-5, 1e-4, length),
        "tick_volume": rng.integers(1, 500, length).astype(float),
        "real_volume": rng.integers(0, 500, length).astype(float),
    }
    if style == "coarse":
        tick = scale * 0.002
        columns |= {name: np.maximum(np.round(columns[name] / tick), 1.0) * tick for name in PRICES}
    if gaps:
        unknown = (rng.random(length) < 0.03) | np.repeat(rng.random(length // 7 + 1) < 0.05, 7)[:length]
        columns = {name: np.where(unknown, math.nan, column) for name, column in columns.items()}
    return {name: [float(value) for value in column] for name, column in columns.items()}


def opening_times(rng: np.random.Generator, length: int) -> tuple[list[int], int]:
    """Opening times of a random timeframe in seconds, bars missing here and there; and the timeframe."""
    timeframe = int(rng.choice([300, 900, 3600, 14400, DAY]))
    skips = np.where(rng.random(length) < 0.03, rng.integers(1, 60, length), 1)
    first = 1_600_000_000 // DAY * DAY + timeframe * int(rng.integers(0, 7 * DAY // timeframe))
    return [first + timeframe * int(step) for step in np.cumsum(skips) - 1], timeframe


def calendar_column(read: Calendar, opens: Sequence[int], timeframe: int) -> list[float]:
    """The calendar column of a read in UTC; the broker's day is taken to begin at 22:00."""
    times = [opened + (timeframe if read.at_close else 0) + (7200 if read.zone == "broker" else 0) for opened in opens]
    days = [time // DAY for time in times]
    return [
        float({"seconds": time % DAY, "day": day, "weekday": (day + 3) % 7}[read.what])
        for time, day in zip(times, days, strict=True)
    ]


def default_value(parameter: Parameter) -> float:
    """The default of a constant in the unit of `p`; where there is none the lowest value."""
    text = parameter.default
    if text is None:
        return float(parameter.low or 0.0)
    if text.startswith("profile."):
        key, _, unit = text.removeprefix("profile.").partition(" ")
        return SETTINGS[key].default * (3_600_000 if unit == "h" else 1)
    if parameter.kind is not None and parameter.kind.base is Base.DURATION:
        return float(int(text[:-1]) * {"s": 1000, "m": 60_000, "h": 3_600_000}[text[-1]])
    if parameter.kind is not None and parameter.kind.base is Base.ENUMERATION:
        return float(word_value(parameter.kind.of, text))
    if parameter.kind is not None and parameter.kind.base is Base.SPAN and not text.endswith("bars"):
        return float(math.ceil(int(text[:-1]) * {"m": 60, "h": 3600, "d": DAY}[text[-1]] / BAR_SECONDS))
    return float(text.split()[0].rstrip("%R"))


def random_value(rng: np.random.Generator, parameter: Parameter) -> float:
    """A value within the bounds: any word, a small size, or something near the default."""
    kind = parameter.kind.base if parameter.kind is not None else Base.NUMBER
    if kind is Base.ENUMERATION and parameter.kind is not None:
        return float(rng.choice(list(ENUMERATIONS[parameter.kind.of].values())))
    low = parameter.low if parameter.low is not None else 0.0
    high = parameter.high if parameter.high is not None else math.inf
    if kind in (Base.COUNT, Base.BARS, Base.SPAN):
        return float(min(low + rng.choice([0, 1, 2, 3, 5, 11]), high))
    return float(np.clip(default_value(parameter) * rng.uniform(0.2, 2.0), low, high))


def constants(function: Function, rng: np.random.Generator | None = None) -> dict[str, float]:
    """Values for every constant: the defaults, or random ones."""
    return {p.name: default_value(p) if rng is None else random_value(rng, p) for p in function.constants}


def series_column(
    rng: np.random.Generator, parameter: Parameter, fields: Mapping[str, Sequence[float]], gaps: bool
) -> list[float]:
    """A column for a series parameter: its default field, a condition, or values of their own beside price."""
    length = len(fields["close"])
    if parameter.default in fields:
        return list(fields[parameter.default])
    unknown = rng.random(length) < (0.05 if gaps else 0.0)
    if parameter.kind is not None and parameter.kind.base is Base.CONDITION:
        values = (rng.random(length) < rng.choice([0.1, 0.4, 0.9])).astype(float)
    else:
        # steps around price, so that comparisons go either way and stand for some bars
        base = np.repeat(np.asarray(fields["close"])[::8], 8)[:length]
        base = np.where(np.isnan(base), np.nanmean(np.asarray(fields["close"])), base)
        values = base * (1.0 + 0.002 * np.repeat(rng.normal(size=length // 4 + 1), 4)[:length])
    return [float(value) for value in np.where(unknown, math.nan, values)]


def make_case(
    function: Function,
    catalog: Catalog,
    rng: np.random.Generator,
    *,
    parameters: Mapping[str, float],
    length: int,
    style: str = "walk",
    gaps: bool = False,
) -> Case:
    """Input columns for everything that the function reads or takes."""
    fields = bars(rng, length, style, gaps)
    opens, timeframe = opening_times(rng, length)
    series: dict[str, list[float]] = {}
    for parameter in function.series:
        for name in (
            [f"{parameter.name}{i}" for i in range(rng.integers(1, 5))] if parameter.variadic else [parameter.name]
        ):
            series[name] = series_column(rng, parameter, fields, gaps)
    return with_reads(function, catalog, dict(parameters), series, fields, opens, timeframe)


def with_reads(
    function: Function,
    catalog: Catalog,
    parameters: dict[str, float],
    series: dict[str, list[float]],
    fields: Columns,
    opens: Sequence[int],
    timeframe: int,
) -> Case:
    """The case with the columns of the reads put in, those of other functions computed from the same bars."""
    for read in function.reads:
        if isinstance(read, Calendar):
            series[read_key(read, function)] = calendar_column(read, opens, timeframe)
        elif isinstance(read, Feature):
            series[read_key(read, function)] = feature_column(read, fields)
        elif isinstance(read, Named):
            series[read_key(read, function)] = read_column(catalog, read, parameters, fields)
        else:
            series[read_key(read, function)] = list(fields[read.name])
    return Case(parameters, series)


def scaled(function: Function, catalog: Catalog, case: Case, factor: float) -> Case:
    """The same case with every price multiplied: fields, prices among the arguments, and what read functions say."""
    prices = {p.name for p in function.series if p.kind is None or p.kind.base in (Base.PRICE, Base.DISTANCE)}
    prices |= {
        read.name for read in function.reads if not isinstance(read, Calendar | Feature | Named) and read.name in PRICES
    }
    for read in function.reads:
        if isinstance(read, Named):
            outputs = catalog[read.name].outputs
            output = next((o for o in outputs if o.name == read.output), outputs[0])
            if output.scale == "price":
                prices.add(read_key(read, function))
    constants_in_price = {p.name for p in function.constants if p.kind and p.kind.base in (Base.PRICE, Base.DISTANCE)}
    series = {
        key: [value * factor for value in column] if key.rstrip("0123456789") in prices or key in prices else column
        for key, column in case.series.items()
    }
    parameters = {n: value * factor if n in constants_in_price else value for n, value in case.parameters.items()}
    return Case(parameters, series)
