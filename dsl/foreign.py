"""Names that other platforms give to what is called differently, or is not there, here."""

from __future__ import annotations

from collections.abc import Container

_SAME: dict[str, str] = {
    "bollinger": "bands(20, 2).upper",
    "bollinger_bands": "bands(20, 2).upper",
    "bbands": "bands(20, 2).upper",
    "bb": "bands(20, 2).upper",
    "bb_upper": "bands(20, 2).upper",
    "bb_lower": "bands(20, 2).lower",
    "upper_band": "bands(20, 2).upper",
    "lower_band": "bands(20, 2).lower",
    "ma": "sma(20)",
    "ima": "sma(20)",
    "moving_average": "sma(20)",
    "irsi": "rsi(14)",
    "iatr": "atr(14)",
    "average_true_range": "atr(14)",
    "imacd": "macd.macd",
    "price": "close",
    "previous_high": "high[1]",
    "previous_low": "low[1]",
    "previous_close": "close[1]",
    "prev_close": "close[1]",
    "prev_high": "high[1]",
    "prev_low": "low[1]",
    "yesterday_high": "D1.high",
    "yesterday_low": "D1.low",
    "pdh": "D1.high",
    "pdl": "D1.low",
    "range": "high - low",
    "body": "abs(close - open)",
    "unrealized": "profit",
    "unrealized_pnl": "profit",
    "position_size": "size",
    "last": "close",
    "bid": "close",
    "ask": "close + spread",
    "volume": "tick_volume",
    "breakeven": "entry",
    "break_even": "entry",
    "be": "entry",
    "entry_price": "entry",
    "crossover": "a CROSSES ABOVE b",
    "crossunder": "a CROSSES BELOW b",
    "cross": "a CROSSES ABOVE b",
    "crosses": "a CROSSES ABOVE b",
    "crosses_above": "a CROSSES ABOVE b",
    "crosses_below": "a CROSSES BELOW b",
    "cross_above": "a CROSSES ABOVE b",
    "cross_below": "a CROSSES BELOW b",
    "hour": "time >= 08:00",
    "minute": "time >= 08:30",
    "day_of_week": "weekday = monday",
    "dayofweek": "weekday = monday",
    "smma": "rma(14)",
    "wilder": "rma(14)",
    "stddev": "stdev(20)",
    "std": "stdev(20)",
    "roc": "change(1h)",
    "momentum": "change(1h)",
    "pct_change": "change(1h)",
    "correlation": "corr(dxy.close, 4h)",
    "hhv": "highest(20)",
    "llv": "lowest(20)",
    "donchian": "highest(20)",
    "tr": "true_range",
    "pnl": "profit",
    "position": "size",
    "bb_width": "bands(20, 2).width",
    "bb_squeeze": "band_width.squeeze",
    "bb_expansion": "band_width.expansion",
    "mean_reversion_target": "vol_recoil.target",
    "fair_value_gap": "fvg(bull)",
    "break_of_structure": "bos(bull)",
    "change_of_character": "choch(bull)",
    "market_structure_shift": "mss(bull)",
    "liquidity_vacuum": "liquidity_vacuum_refill(imbalance >= 1.5, bull)",
    "book_imbalance": "imbalance(5)",
    "order_book_imbalance": "imbalance(5)",
    "spoof": "spoofing(size=100000)",
    "spoof_detection": "spoofing(size=100000)",
    "cumulative_delta": "cvd(5m)",
    "cvd_slope": "cvd(5m).slope",
    "momentum_decay_trap": "momentum_decay(tick_rate_proxy.declining, bear)",
    "tick_rate_declining": "tick_rate.declining",
    "news_blackout": "news.blackout",
    "news_filter": "news.blackout",
    "news_absorption_filter": "news.absorption",
    "pre_news_level": "news.pre_level",
}
_MISSING: dict[str, tuple[str, ...]] = {
    "adx": ("trend", "slope"),
    "dmi": ("trend", "slope"),
    "aroon": ("trend", "slope"),
    "vwap": ("sma", "ema"),
    "wma": ("sma", "ema", "rma"),
    "hma": ("sma", "ema", "rma"),
    "kama": ("sma", "ema", "rma"),
    "tema": ("sma", "ema", "rma"),
    "stochastic": ("rsi", "zscore"),
    "stoch": ("rsi", "zscore"),
    "cci": ("rsi", "zscore"),
    "williams_r": ("rsi", "zscore"),
    "mfi": ("rsi", "zscore"),
    "obv": ("rsi", "slope"),
    "supertrend": ("trend", "atr", "trail"),
    "psar": ("trend", "atr", "trail"),
    "sar": ("trend", "atr", "trail"),
    "ichimoku": ("trend", "highest", "lowest"),
    "keltner": ("bands", "atr"),
    "pivot": ("support", "resistance"),
}
_WORDS: dict[str, str] = {
    "true": "a condition is TRUE by itself: leave `= true` out",
    "false": "write `NOT` in front of the condition, instead of comparing it with `false`",
    "none": "whether a value is there is asked by `known(x)`",
    "null": "whether a value is there is asked by `known(x)`",
    "na": "whether a value is there is asked by `known(x)`",
    "if": "a rule is `WHEN condition THEN action`, and has no IF inside",
    "engulfing": "there are no names for candles: write `close > open[1] AND open < close[1] AND close[1] < open[1]`",
    "bullish_engulfing": "there are no names for candles: write "
    "`close > open[1] AND open < close[1] AND close[1] < open[1]`",
    "drawdown": "a GUARD reads it, with the span that it looks at: `account.drawdown(day)`",
    "daily_loss": "a GUARD reads it: `account.loss(day)`",
    "losing_streak": "a GUARD reads it: `trades.losing_streak`",
    "no_news": "write `NOT news.blackout`",
    "doji": "there are no names for candles: write `abs(close - open) < 0.1 * (high - low)`",
    "hammer": "there are no names for candles: write `min(open, close) - low > 2 * abs(close - open)`",
}
"""Advice for names that are no value of any kind here."""
_METHODS: dict[str, str] = {
    "shift": "`close[1]`, one bar ago,",
    "iloc": "`close[1]`, one bar ago,",
    "rolling": "`sma(20)`, `highest(20)`, `lowest(20)` or `stdev(20)`",
    "mean": "`sma(20)`",
    "std": "`stdev(20)`",
    "max": "`highest(20)`",
    "min": "`lowest(20)`",
    "ewm": "`ema(20)`",
    "diff": "`close - close[1]`",
    "pct_change": "`change(1h)`",
    "abs": "`abs(close - open)`",
}
"""Methods of tables of data, with what says the same here."""
_VIEWS: dict[str, str] = {
    **dict.fromkeys(("daily", "yesterday", "day", "d"), "D1"),
    **dict.fromkeys(("weekly", "week"), "W1"),
    **dict.fromkeys(("hourly", "hour"), "H1"),
    **dict.fromkeys(("monthly", "month"), "MN1"),
}
_MARKETS: dict[str, str] = {
    "bitcoin": "btc",
    "ethereum": "eth",
    "ether": "eth",
    "euro": "eurusd",
    "eur": "eurusd",
    "pound": "gbpusd",
    "cable": "gbpusd",
    "gbp": "gbpusd",
    "yen": "usdjpy",
    "jpy": "usdjpy",
    "dollar": "dxy",
    "usd": "dxy",
    "sp500": "us500",
    "spx": "us500",
    "spy": "us500",
    "ripple": "xrp",
    "litecoin": "ltc",
    "xau": "gold",
}


def foreign_name(name: str, functions: Container[str]) -> tuple[str, str]:
    """What to write instead of a name of another platform and the advice to do so; empty if it is none of them.

    A name that is not in the library has no replacement, only the advice what is near to it among `functions`.
    """
    ours = _SAME.get(name.lower(), "")
    if ours:
        return ours, f"`{name}` of other platforms is written `{ours}` here"
    if name.lower() in _WORDS:
        return "", _WORDS[name.lower()]
    near = _MISSING.get(name.lower())
    if near is None:
        return "", ""
    there = ", ".join(f"`{n}`" for n in near if n in functions)
    return "", f"`{name}` is not in the library" + (f"; near to it are {there}" if there else "")


def foreign_names() -> dict[str, str]:
    """What to write here for each name of another platform that has an equal."""
    return dict(_SAME)


def missing_names() -> tuple[str, ...]:
    """Names of other platforms that have no equal here."""
    return tuple(_MISSING)


def foreign_method(name: str) -> str:
    """What to write instead of a method of a table of data such as `close.rolling(20)`, or nothing."""
    ours = _METHODS.get(name.lower(), "")
    return f"`.{name}` of other languages is written {ours} here" if ours else ""


def foreign_view(name: str) -> str:
    """The timeframe that `daily` or `yesterday` in front of a dot means, or nothing."""
    return _VIEWS.get(name.lower(), "")


def foreign_market(name: str) -> str:
    """The usual name of a market that has another one elsewhere, or nothing."""
    return _MARKETS.get(name.lower(), "")
