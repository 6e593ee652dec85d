"""Symbol profiles: everything the runtime must know about a market, one TOML file each, checked by pydantic."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.sessions import Span, parse_boundary, parse_span, week_spans
from tradeplan.runtime.market.settings import SETTINGS
from tradeplan.runtime.market.zones import zone

_CENTS = {"USC": "USD", "EUC": "EUR", "GBC": "GBP"}
_METALS = frozenset({"XAU", "XAG", "XPT", "XPD"})
_CURRENCIES = frozenset(("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD", "SEK", "NOK", "SGD", *_CENTS))
_AGE_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def currency_unit(code: str) -> tuple[str, float]:
    """The currency behind an account unit and how many units make one of it: `USC` is 100 to the `USD`."""
    return (_CENTS[code], 100.0) if code in _CENTS else (code, 1.0)


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _hours(value: Any) -> Any:
    """Accepts `{"00-06" = 20, "06-24" = 10}` for the 24 numbers."""
    if not isinstance(value, dict):
        return _listed(value)
    hours: list[Any] = [None] * 24
    for key, points in value.items():
        match = re.fullmatch(r"(\d\d)-(\d\d)", key)
        if match is None or not int(match[1]) < int(match[2]) <= 24:
            raise ValueError(f"`{key}` is not a range of hours: expected one such as `00-06` or `21-24`")
        for hour in range(int(match[1]), int(match[2])):
            if hours[hour] is not None:
                raise ValueError(f"hour {hour:02} is given twice: the ranges must not overlap")
            hours[hour] = points
    missing = [f"{hour:02}" for hour in range(24) if hours[hour] is None]
    if missing:
        raise ValueError(f"no spread for hour {', '.join(missing)}: the ranges must cover `00-24`")
    return tuple(hours)


Currency = Annotated[str, Field(pattern=r"^[A-Z0-9]{3,6}$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Amount = Annotated[float, Field(allow_inf_nan=False)]
Names = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_listed)]
Spans = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Hours = Annotated[tuple[NotNegative, ...], Field(min_length=24, max_length=24), BeforeValidator(_hours)]


class _Table(BaseModel):
    # INVARIANT: strict, so that `digits = "5"` is an error and not a guess.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Margin(_Table):
    """Margin as a leverage or as a rate, and the levels (percent of used margin) of the call and the stop-out."""

    leverage: Positive | None = None
    rate: Annotated[float, Field(gt=0, le=1)] | None = None
    call: Annotated[float, Field(ge=0, le=1_000)] = 100.0
    stop_out: Annotated[float, Field(ge=0, le=1_000)] = 50.0

    @model_validator(mode="after")
    def _one(self) -> Margin:
        if (self.leverage is None) == (self.rate is None):
            raise ValueError("expected either `leverage` (such as 30) or `rate` (such as 0.05), and not both")
        if self.stop_out > self.call:
            raise ValueError("`stop_out` must not be above `call`: the call comes first")
        return self


class Spread(_Table):
    """The usual spread in points for each hour of the UTC day."""

    by_hour: Hours


class Costs(_Table):
    """Commission in money of `currency` for one lot and one side, and the slippage to expect, in points."""

    commission: NotNegative = 0.0
    currency: Currency = "USD"
    slippage: NotNegative = 0.0


class Swap(_Table):
    """What holding over the broker's day boundary costs (negative) or earns, for one lot and one night.

    `points`: points of price; `money`: account money; `percent`: a year's interest on the value, a 360th a night.
    """

    mode: Literal["points", "money", "percent", "none"] = "none"
    long: Amount = 0.0
    short: Amount = 0.0
    triple_day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "none"] = "wednesday"


class Sessions(_Table):
    """Opening hours of each weekday on the clock of `zone`; `always = true` for a market that never closes."""

    zone: str = "UTC"
    always: bool = False
    monday: Spans = ()
    tuesday: Spans = ()
    wednesday: Spans = ()
    thursday: Spans = ()
    friday: Spans = ()
    saturday: Spans = ()
    sunday: Spans = ()

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        return _zone_name(value)

    @field_validator("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    @classmethod
    def _spans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            parse_span(text)
        return value

    @model_validator(mode="after")
    def _open(self) -> Sessions:
        if self.always and self.week:
            raise ValueError("`always = true` leaves no room for hours: write one or the other")
        if not self.always and not self.week:
            raise ValueError("no hours at all: write `always = true` or the hours of each weekday")
        return self

    @cached_property
    def week(self) -> tuple[Span, ...]:
        """Minutes of the week, Monday 00:00 first, touching sessions joined."""
        days = (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)
        return week_spans([parse_span(text) for text in day] for day in days)


def _setting(key: str) -> Any:
    """A number with the default and the bounds of `settings`."""
    setting = SETTINGS[key]
    return Field(setting.default, ge=setting.low, le=setting.high, allow_inf_nan=False, description=setting.about)


class Exits(_Table):
    """From what strength an exit counts; see `exit_signal`."""

    structure_break: float = _setting("exits.structure_break")
    momentum_loss: float = _setting("exits.momentum_loss")
    volume_decline: float = _setting("exits.volume_decline")
    profit: float = _setting("exits.profit")
    hours: float = _setting("exits.hours")


class Stops(_Table):
    """Distances of stops, in ATRs."""

    atr: float = _setting("stops.atr")
    structure: float = _setting("stops.structure")
    trail: float = _setting("stops.trail")


class Scaling(_Table):
    """How a position grows; sizes are parts of the first filled size."""

    maximum: float = _setting("scaling.maximum")
    step: float = _setting("scaling.step")
    threshold: float = _setting("scaling.threshold")


class Breakers(_Table):
    """Where guards of this market trip."""

    drawdown: float = _setting("breakers.drawdown")
    loss: float = _setting("breakers.loss")
    volatility: float = _setting("breakers.volatility")


def _zone_name(value: str) -> str:
    try:
        zone(value)
    except MarketError as error:
        raise ValueError(str(error)) from None
    return value


class SymbolProfile(_Table):
    """One market: what it is called, how it is quoted, what trading it costs and when it is open.

    `names[0]` is the name used in plans; `symbols` are its names in data folders and at brokers, best first.
    Prices are in `profit_currency`; `stops_level` and slippage are in points, sizes in lots;
    `gap` is how far, in percent of price, a market may jump over a stop in what guards reckon with.
    """

    names: Names
    symbols: Names
    description: str = ""
    tradable: bool = True
    digits: Annotated[int, Field(ge=0, le=8)]
    point: Positive
    pip: Positive
    tick_size: Positive
    contract_size: Positive
    base_currency: Currency
    profit_currency: Currency
    account_currency: Currency = "USD"
    lot_min: Positive
    lot_step: Positive
    lot_max: Positive
    stops_level: Annotated[int, Field(ge=0)] = 0
    day_boundary: str = "00:00 UTC"
    stale_cadences: Annotated[float, Field(ge=1, le=100)] = 2.0
    max_signal_age: str = "2m"
    gap: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    margin: Margin
    spread: Spread
    costs: Costs = Costs()
    swap: Swap = Swap()
    sessions: Sessions
    exits: Exits = Exits()
    stops: Stops = Stops()
    scaling: Scaling = Scaling()
    breakers: Breakers = Breakers()

    @field_validator("names")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if re.fullmatch(r"[a-z][a-z0-9_]*", name) is None:
                raise ValueError(f"`{name}` cannot be written in a plan: expected lower-case letters, digits and `_`")
        return value

    @field_validator("day_boundary")
    @classmethod
    def _boundary(cls, value: str) -> str:
        _zone_name(parse_boundary(value)[1])
        return value

    @field_validator("max_signal_age")
    @classmethod
    def _age(cls, value: str) -> str:
        if re.fullmatch(r"\d{1,6}[smhd]", value) is None:
            raise ValueError("expected a duration such as `90s`, `2m` or `1h`")
        return value

    @model_validator(mode="after")
    def _sizes(self) -> SymbolProfile:
        if self.lot_min > self.lot_max:
            raise ValueError("`lot_min` is above `lot_max`")
        for name, value in (("lot_min", self.lot_min), ("lot_max", self.lot_max)):
            if abs(value / self.lot_step - round(value / self.lot_step)) > 1e-6:
                raise ValueError(f"`{name}` is not a whole number of `lot_step` ({value:g} against {self.lot_step:g})")
        if abs(self.point * 10**self.digits - 1) > 1e-6:
            raise ValueError(f"`point` is {self.point:g}, but {self.digits} digits make it {10.0**-self.digits:g}")
        return self

    @property
    def name(self) -> str:
        """The canonical name."""
        return self.names[0]

    @property
    def settings(self) -> dict[str, float]:
        """The numbers that management reads, by `section.key`."""
        return {key: float(getattr(getattr(self, key.split(".")[0]), key.split(".")[1])) for key in SETTINGS}

    @property
    def margin_rate(self) -> float:
        """The part of a position's value that is held as margin."""
        return self.margin.rate if self.margin.rate is not None else 1.0 / (self.margin.leverage or 1.0)

    @property
    def gap_allowance(self) -> float:
        """The gap over a stop that the worst loss reckons with, in percent of price.

        Without the key `gap`: 1 for a pair of large currencies, 3 for metals and indices, 10 for all else.
        """
        if self.gap is not None:
            return self.gap
        if self.base_currency == self.profit_currency or self.base_currency in _METALS:
            return 3.0
        return 1.0 if {self.base_currency, self.profit_currency} <= _CURRENCIES else 10.0

    @property
    def max_signal_age_ms(self) -> int:
        """How old, in milliseconds, a signal may be and still be sent."""
        return int(self.max_signal_age[:-1]) * _AGE_UNITS[self.max_signal_age[-1]]

    @property
    def boundary(self) -> tuple[int, str]:
        """The day boundary: milliseconds since local midnight, zone name."""
        return parse_boundary(self.day_boundary)

    @property
    def slippage(self) -> float:
        """The expected slippage in price units."""
        return self.costs.slippage * self.point

    def spread_price(self, time: int) -> float:
        """The usual spread in price units at a UTC time in milliseconds."""
        return self.spread.by_hour[time // 3_600_000 % 24] * self.point
