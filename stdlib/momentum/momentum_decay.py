"""Whether a move is running out: price and oscillator diverge while fewer take part.

Definition: `(rsi_divergence(direction, k, lookback) OR macd_divergence(direction, k, lookback)) AND declining`.
`declining` is the condition that says that activity falls, and has no default, so that a plan says what it rests on:
with bars alone `tick_rate_proxy.declining`. `bull` is a fall that runs out, as with the divergences. Where all three
are wanted write them with AND.
Source: the system that this project replaces (its momentum decay trap).
Without data: UNKNOWN where what is unknown would decide.
Example: `WHEN momentum_decay(tick_rate_proxy.declining, bear) THEN SELL RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, period, span


def _text(numbers: Mapping[str, float]) -> str:
    """Both oscillators at the same swings."""
    word = "bull" if numbers["direction"] > 0 else "bear"
    swings = f"{word}, k, {int(numbers['lookback'])} bars"
    return f"(rsi_divergence({swings}) OR macd_divergence({swings})) AND declining"


FUNCTION = documented(
    Function(
        name="momentum_decay",
        category="momentum",
        summary="",
        parameters=(
            Parameter("declining", CONDITION, series=True, about="that activity falls: `tick_rate_proxy.declining`"),
            direction(),
            period(3, name="k", about="how many bars on either side of a swing", high=500),
            span("lookback", "20 bars", low=3, high=5000, about="how many bars hold both swings"),
        ),
        outputs=(Output("momentum_decay", CONDITION, Scale.NONE),),
        expands=_text,
    ),
    __doc__,
)
