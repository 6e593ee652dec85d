"""What each simulated market is like: level, volatility, what drives it, when it trades, what a quote looks like."""

from __future__ import annotations

from dataclasses import dataclass

FACTORS = ("dollar", "risk", "rates", "europe", "pacific", "crypto")
"""The common drivers, independent of each other; a market's loadings on them make its correlations."""


@dataclass(frozen=True, slots=True)
class Primary:
    """A market with a path of its own; `name` is that of its profile, which tells digits, spread and sessions.

    `level` is where its price is pulled back to, with a half-life of `reversion` weeks; `volatility` is annual, of log
    returns; `loadings` are in the order of FACTORS and their squares sum to less than 1, the rest is its own.
    `pulse` is when its price lives (also unseen, while its session is closed); `ticks` how many in a usual minute.
    """

    name: str
    level: float
    volatility: float
    loadings: tuple[float, float, float, float, float, float]
    ticks: float
    pulse: str = "fx"
    reversion: float = 60.0

    @property
    def own(self) -> float:
        """The weight of the market's own noise: what the common factors leave of a variance of 1."""
        return float((1.0 - sum(x * x for x in self.loadings)) ** 0.5)


@dataclass(frozen=True, slots=True)
class Derived:
    """A market that is a product of powers of others: `scale * leg ** exponent * ...`, so it can never disagree."""

    name: str
    scale: float
    legs: tuple[tuple[str, float], ...]
    ticks: float
    pulse: str = "fx"


PRIMARY = {
    model.name: model
    for model in (
        #                                 dollar  risk  rates europe pacific crypto
        Primary("eurusd", 1.12, 0.080, (-0.78, 0.10, 0.00, 0.42, 0.00, 0.00), 70),
        Primary("gbpusd", 1.29, 0.088, (-0.70, 0.20, 0.00, 0.22, 0.00, 0.00), 65),
        Primary("usdjpy", 145.0, 0.098, (0.62, 0.15, 0.45, 0.00, 0.00, 0.00), 75),
        Primary("usdchf", 0.88, 0.081, (0.68, 0.15, 0.00, -0.45, 0.00, 0.00), 45),
        Primary("audusd", 0.67, 0.094, (-0.60, 0.40, 0.00, 0.00, 0.50, 0.00), 50),
        Primary("usdcad", 1.36, 0.074, (0.62, -0.35, 0.00, 0.00, -0.15, 0.00), 50),
        Primary("nzdusd", 0.61, 0.097, (-0.58, 0.36, 0.00, 0.00, 0.55, 0.00), 40),
        Primary("usdsek", 10.3, 0.095, (0.70, -0.25, 0.00, -0.35, 0.00, 0.00), 40),
        Primary("gold", 2600.0, 0.15, (-0.44, -0.05, -0.30, 0.00, 0.00, 0.00), 110, "metal"),
        Primary("btc", 68_000.0, 0.55, (-0.38, 0.28, 0.00, 0.00, 0.00, 0.65), 160, "crypto"),
        Primary("eth", 2_900.0, 0.70, (-0.35, 0.30, 0.00, 0.00, 0.00, 0.72), 140, "crypto"),
        Primary("ltc", 85.0, 0.75, (-0.30, 0.26, 0.00, 0.00, 0.00, 0.66), 90, "crypto"),
        Primary("xrp", 0.62, 0.80, (-0.28, 0.25, 0.00, 0.00, 0.00, 0.62), 90, "crypto"),
        Primary("us500", 5_600.0, 0.16, (-0.15, 0.87, -0.05, 0.00, 0.00, 0.00), 90, "stock"),
        Primary("us10y", 4.2, 0.24, (0.20, 0.15, 0.80, 0.00, 0.00, 0.00), 25, "stock", 40.0),
        Primary("vix", 17.0, 0.98, (0.10, -0.88, 0.00, 0.00, 0.00, 0.00), 20, "stock", 6.0),
    )
}
"""The markets that have paths, by name."""

DXY_SCALE = 50.14348112
DXY_LEGS = (
    ("eurusd", -0.576),
    ("usdjpy", 0.136),
    ("gbpusd", -0.119),
    ("usdcad", 0.091),
    ("usdsek", 0.042),
    ("usdchf", 0.036),
)
"""The dollar index as ICE defines it."""

DERIVED = {
    model.name: model
    for model in (
        Derived("eurjpy", 1.0, (("eurusd", 1.0), ("usdjpy", 1.0)), 75),
        Derived("gbpjpy", 1.0, (("gbpusd", 1.0), ("usdjpy", 1.0)), 80),
        Derived("eurgbp", 1.0, (("eurusd", 1.0), ("gbpusd", -1.0)), 45),
        Derived("dxy", DXY_SCALE, DXY_LEGS, 40),
    )
}
"""The markets that follow from others, by name."""

MARKETS = tuple(sorted({*PRIMARY, *DERIVED} - {"usdsek"}))
"""Every market that can be simulated under the shipped profiles; the krona is a leg of the dollar index only."""
