"""Parameters that many functions share, so that they are named, bounded and described alike."""

from __future__ import annotations

from tradeplan.dsl.catalog import SIDE_WORDS, Parameter
from tradeplan.dsl.kinds import COUNT, DURATION, NUMBER, SPAN, enumeration

LONGEST_PERIOD = 5000
LONGEST_SPAN = 20000
DAY = 86_400_000

NEWS = ("{impact}", "{currency}", "{event}", "{before}", "{after}")
"""What a feature of the calendar of news takes from the parameters of `news()`."""


def period(
    default: int,
    *,
    name: str = "period",
    low: int = 1,
    high: int = LONGEST_PERIOD,
    about: str = "how many bars",
) -> Parameter:
    """A number of bars written as a plain count: `sma(20)`."""
    return Parameter(name, COUNT, default=str(default), low=low, high=high, about=about)


def span(name: str, default: str, *, low: int = 1, high: int = LONGEST_SPAN, about: str) -> Parameter:
    """A span written as a duration or as bars: `change(1h)`, `count(c, 20 bars)`."""
    return Parameter(name, SPAN, default=default, low=low, high=high, about=about)


def source(default: str = "close") -> Parameter:
    """The values that a function looks at."""
    return Parameter("source", None, default=default, series=True, about="the values looked at")


def direction(default: str = "bull") -> Parameter:
    """Which side: `bull` (1) or `bear` (-1), or by the plan's side `with` or `against` it."""
    about = "bull or bear; with or against the plan's side" if default in SIDE_WORDS else "bull or bear"
    return Parameter("direction", enumeration("direction"), default=default, low=-1, high=1, about=about)


def threshold(name: str, about: str) -> Parameter:
    """A strength from which something counts, by default that of the market's profile: `exits.momentum_loss`."""
    key = name.split(".")[1]
    return Parameter(key, NUMBER, default=f"profile.{name}", low=0.01, high=100, about=about)


def levels() -> Parameter:
    """How many of the best levels of the book are looked at; no more than ten are kept."""
    return Parameter("levels", COUNT, default="5", low=1, high=10, about="how many of the best levels of a side")


def book_side(default: str) -> Parameter:
    """A side of the book."""
    return Parameter("side", enumeration("book side"), default=default, low=-1, high=1, about="bids or asks")


def seconds(name: str, default: str, *, low: int = 1, high: int = 300, about: str) -> Parameter:
    """A span within bars, in whole seconds: `20s`."""
    return Parameter(name, DURATION, default=default, low=1000 * low, high=1000 * high, about=about)


def flow() -> Parameter:
    """What trades are signed by: `aggressor`, which the exchange tells, or the proxy `tick_rule`."""
    about = "the side that the exchange tells, or in its place the direction of ticks"
    return Parameter("by", enumeration("flow"), default="aggressor", low=0, high=1, about=about)


def swing_size() -> Parameter:
    """How many bars on either side make a swing."""
    return period(3, name="k", high=500, about="how many bars on either side make a swing")


def life(about: str) -> Parameter:
    """How long a zone or a pattern is remembered."""
    return span("life", "24h", about=about)


def in_atr(name: str, default: str, about: str, *, high: float = 100) -> Parameter:
    """A length in ATRs of the view, from 0 on."""
    return Parameter(name, NUMBER, default=default, low=0, high=high, about=about)


def news() -> tuple[Parameter, ...]:
    """Which events, and how far around them."""
    return (
        Parameter("impact", enumeration("impact"), default="high", low=1, high=3, about="how important at least"),
        Parameter(
            "currency",
            enumeration("currency"),
            default="own",
            low=0,
            high=10,
            about="whose: of the market's two, of one, or of any",
        ),
        Parameter("event", enumeration("event"), default="any", low=0, high=11, about="what kind, by its name"),
        Parameter("before", DURATION, default="15m", low=0, high=DAY, about="from how long before the event"),
        Parameter("after", DURATION, default="15m", low=0, high=DAY, about="until how long after it"),
    )


def expires() -> Parameter:
    """How long the price before news is of use."""
    about = "for how long from the beginning of the window"
    return Parameter("expires", DURATION, default="24h", low=60_000, high=30 * DAY, about=about)
