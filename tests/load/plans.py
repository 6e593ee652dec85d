"""The plans of the load run: all seven categories and plain ones, over all markets, and who of them is disturbed."""

from __future__ import annotations

from itertools import cycle

KINDS = (
    "WHEN close > highest(20)[1] AND rsi(14) < 70 THEN BUY {size} STOP 2 ATR TARGET 2R",
    "WHEN tick_rate_proxy(drop=20%).declining AND H1.rsi(14) > 60 AND close < lowest(3)[1] THEN SELL {rest}",
    "WHEN inside_bars(2) WITHIN 4 bars AND rmag < 5 AND M30.close > M30.ema(10) THEN BUY {rest}",
    "WHEN M15.bos(bull) AND H4.close > H4.sma(5) THEN BUY {size} STOP 2 ATR TARGET 3R",
    "WHEN H1.corr({other}.H1.close, 24 bars) < 0.9 AND close CROSSES ABOVE sma(30) THEN BUY {rest}",
    "WHEN H1.close > H1.ema(20) AND D1.close > D1.sma(3) AND align(close, M15.close, H1.close) THEN BUY {rest}",
    "WHEN NOT news.blackout(before=30m, after=30m) AND close CROSSES BELOW ema(40) THEN SELL {rest}",
    "WHEN rsi(9) < 30 AND W1.close > 0 THEN BUY {size} AT LIMIT close - 0.3 ATR FOR 6 bars STOP 1.5 ATR TARGET 1R",
)
"""Plain, momentum and order flow by proxy, volatility, structure, correlation, timeframes, news, plain with limits."""
SIZE = "1 lots"
"""Fixed, so that what one plan does says nothing about another: those that nobody touches must do the same again."""
REST = f"{SIZE} STOP 2 ATR TARGET 2R"
PLAN = """PLAN {name}
TRADE {market} ON {timeframe}
{kind}
WHEN profit > 1R THEN MOVE STOP TO entry
WHEN held > 6h THEN CLOSE
COOLDOWN {cooldown}
"""
FRAMES = ("M1", "M5", "M5", "M15", "M15", "M30", "H1")
EDITED = 6
"""Every sixth plan, the first of them left alone, is edited."""
HALTED = 6
"""Every sixth plan from the fourth on is halted and resumed."""


def name_of(number: int, markets: list[str]) -> str:
    """A plan's name."""
    return f"p{number:02}_{markets[number % len(markets)]}"


def text_of(number: int, markets: list[str], cooldown: str = "30m", kind: str | None = None) -> str:
    """A plan; `cooldown` makes another version of it, `kind` another entry."""
    market, other = markets[number % len(markets)], markets[(number + 1) % len(markets)]
    frame = next(f for i, f in zip(range(number + 1), cycle(FRAMES), strict=False) if i == number)
    entry = (kind or KINDS[number % len(KINDS)]).format(other=other, rest=REST, size=SIZE)
    name = name_of(number, markets)
    return PLAN.format(name=name, market=market, timeframe=frame, kind=entry, cooldown=cooldown)


def texts(markets: list[str], count: int) -> list[str]:
    """All plans."""
    return [text_of(i, markets) for i in range(count)]


def edited(count: int) -> list[int]:
    """The plans that are edited while the run goes on."""
    return list(range(EDITED - 1, count, EDITED))


def halted(count: int) -> list[int]:
    """The plans that are halted and resumed while it goes on."""
    return list(range(3, count, HALTED))


def calm(count: int) -> list[int]:
    """The plans that nobody touches."""
    return sorted(set(range(count)) - set(edited(count)) - set(halted(count)))
