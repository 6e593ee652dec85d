"""The text of a first plan, from answers."""

from __future__ import annotations

from dataclasses import dataclass

_LONGEST_NAME = 64

_TEMPLATE = """\
# {name}: written by `plan new`. Lines that begin with # are notes for you; change anything, then run
#   plan check {file}      says what is wrong, if something is
#   plan explain {file}    says what every word means here
#   plan backtest {file}   shows what it would have done

PLAN {name} "{title}"
TRADE {market} ON {timeframe}

# The entry happens when the whole condition becomes true: true on this close, false on the one before.
# Add conditions with AND; a word such as `rsi(14)` is read on {market} {timeframe}, `{slower}.rsi(14)` on {slower}.
WHEN {trigger}
# {side} at the next available price. RISK is what is lost at the stop, costs included; R is the distance to the stop.
THEN {side} RISK {risk} STOP {stop} TARGET {target}

# Once the trade has been one R ahead it can no longer lose: the stop moves to the entry price.
WHEN best >= 1R THEN MOVE STOP TO entry

# Nothing lasts for ever.
WHEN held > {longest} THEN CLOSE

# Pauses after an exit, and a limit a day, keep a bad idea from being repeated all day.
COOLDOWN {cooldown}
MAX 3 PER day
"""

_PACE = {
    "M1": ("4h", "30m"),
    "M5": ("12h", "1h"),
    "M15": ("24h", "2h"),
    "M30": ("2d", "2h"),
    "H1": ("5d", "4h"),
    "H4": ("20d", "1d"),
    "D1": ("60d", "2d"),
    "W1": ("300d", "14d"),
}
"""By timeframe: the longest time in a trade, the pause after it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a first plan is made of, each as it will stand in the text."""

    name: str = "first"
    market: str = "btc"
    timeframe: str = "M15"
    side: str = "BUY"
    trigger: str = "close > open"
    stop: str = "2 ATR"
    target: str = "2R"
    risk: str = "0.5%"


def plan_name(stem: str) -> str:
    """A plan's name made of the name of its file, whatever letters that has."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in stem.lower()).strip("_")
    name = kept if kept[:1].isalpha() else f"plan_{kept}".rstrip("_")
    return name[:_LONGEST_NAME]


def plan_text(answers: Answers, file: str) -> str:
    """The text of the plan, before it is laid out."""
    longest, cooldown = _PACE.get(answers.timeframe, ("5d", "4h"))
    visible = "".join(c if c.isprintable() else "?" for c in file)
    return _TEMPLATE.format(
        name=answers.name,
        file=f"'{visible}'" if " " in visible else visible,
        title=f"{answers.side.capitalize()} {answers.market} on {answers.timeframe}".replace('"', ""),
        market=answers.market,
        timeframe=answers.timeframe,
        slower="H1" if answers.timeframe in {"M1", "M5", "M15", "M30"} else "D1" if answers.timeframe != "D1" else "W1",
        trigger=answers.trigger,
        side=answers.side,
        risk=answers.risk,
        stop=answers.stop,
        target=answers.target,
        longest=longest,
        cooldown=cooldown,
    )
