"""Random plans and guards as text: every action, every form of size, stop, target and order."""

from __future__ import annotations

from random import Random

from tests.oracle.expressions import Expressions


def random_plan(r: Random, name: str, market: str, timeframe: str, views: dict[str, str], scale: float) -> str:
    """A plan on a market. `views` are prefixes of the views that may be read, `scale` a bar's range in pips."""
    e = Expressions(r, market, views, scale)
    buy = r.random() < 0.5
    lines = [f'PLAN {name} "made at random"', f"TRADE {market} ON {timeframe}"]
    lines.append(f"PARAM reach = {max(0.1, round(scale * 2, 1))} pips FROM 0.1 pips TO 100000 pips")
    for i in range(r.randint(0, 2)):
        lines.append(f"LET level{i} = {e.price('')}")
        e.lets["price"].append(f"level{i}")
    if r.random() < 0.5:
        lines.append(f"LET setup = {e.condition(2)}")
        e.lets["condition"].append("setup")
    for _ in range(r.randint(1, 3)):
        lines.append(entry_rule(e, buy))
    for _ in range(r.randint(0, 6)):
        lines.append(management_rule(e, buy))
    lines += [text for text, chance in limits(e) if r.random() < chance]
    return "\n".join(lines) + "\n"


def limits(e: Expressions) -> list[tuple[str, float]]:
    """COOLDOWN, MAX, ONCE and EXPIRES with how often they are written."""
    r = e.r
    return [
        (f"COOLDOWN {r.choice(['10m', '1h', '7 bars'])}", 0.3),
        (f"MAX {r.randint(1, 4)} PER {r.choice(['day', 'week', '2h', '30m'])}", 0.3),
        ("ONCE", 0.02),
        (f"EXPIRES 2024-01-{r.randint(5, 12):02}", 0.1),
    ]


def entry_rule(e: Expressions, buy: bool) -> str:
    """A rule with BUY or SELL."""
    r = e.r
    parts = [f"({e.condition(2)})"]
    if r.random() < 0.25:
        parts.append(f"OPTIONAL ({e.condition(1)})")
    if r.random() < 0.5:
        parts = [r.choice([e.simple(""), e.simple(e.view()), "close > open", "close < open"])]
    side = "BUY" if buy else "SELL"
    size = r.choice(["RISK 0.5%", "RISK 1%", "RISK 2%", "RISK 50 USD", "0.2 lots", "0.5 lots", "2 lots", "2 lots"])
    text = f"WHEN {' AND '.join(parts)}\nTHEN {side} {size}"
    lose, win = ("-", "+") if buy else ("+", "-")
    level = "close"
    if r.random() < 0.4:
        limit = r.random() < 0.5
        away = lose if limit else win
        level = f"close {away} {e.distance('')}"
        if r.random() < 0.15:
            level = e.price("")
        text += f" AT {'LIMIT' if limit else 'STOP'} {level} FOR {r.choice(['2 bars', '15m', '1h', '6 bars'])}"
    text += f" STOP {stop(e, level, lose)}"
    if r.random() < 0.7:
        text += f" TARGET {goal(e, level, win, r.uniform(1.5, 4))}"
    for _ in range(r.choice([0, 0, 1, 1, 2])):
        text += f" TAKE {r.choice(['50%', '30%', '33.3%', '25%'])} AT {goal(e, level, win, r.uniform(0.5, 1.5))}"
    if r.random() < 0.1:
        text += ', ALERT "in"'
    return text


def stop(e: Expressions, level: str, lose: str) -> str:
    """A stop of one of its forms."""
    r = e.r
    return r.choice(
        [
            e.distance(""),
            "reach",
            f"{r.choice(['0.1', '0.3', '1'])}%",
            f"{level} {lose} {e.distance('')}" if r.random() < 0.9 else e.price(""),
            "lowest(5) - 1 ATR" if lose == "-" else "highest(5) + 1 ATR",
        ]
    )


def goal(e: Expressions, level: str, win: str, r_multiple: float) -> str:
    """A target or take of one of its forms."""
    r = e.r
    return r.choice(
        [
            f"{r_multiple:.1f}R",
            f"{r_multiple:.1f}R",
            e.distance(""),
            f"{r.choice(['0.1', '0.3', '1'])}%",
            f"{level} {win} {e.distance('')}",
        ]
    )


def management_rule(e: Expressions, buy: bool) -> str:
    """A rule without BUY or SELL, most with position values."""
    r = e.r
    when = position_condition(e)
    if r.random() < 0.3:
        when = f"({e.condition(1)}) {r.choice(['AND', 'OR'])} {when}"
    elif r.random() < 0.25:
        when = e.condition(2)
    if r.random() < 0.12:
        when = f"({when}) {r.choice(['FOR', 'WITHIN'])} {r.randint(1, 4)} bars"
    elif r.random() < 0.08:
        when = f"NOT ({when})"
    sign = "-" if buy else "+"
    move = r.choice(
        [
            "entry",
            f"trail({e.distance('')})",
            f"close {sign} {e.distance('')}",
            f"entry {sign} 0.3R",
            e.price(""),
            "at_entry(low)" if buy else "at_entry(high)",
        ]
    )
    actions = r.choice(
        [
            f"MOVE STOP TO {move}",
            f"MOVE STOP TO {move}",
            f"CLOSE {r.choice(['20%', '50%', '75%'])}",
            f"CLOSE {r.choice(['20%', '50%', '75%'])}, MOVE STOP TO {move}",
            "CLOSE",
            f"ADD {r.choice(['25%', '50%', '100%', '5%'])}",
            f"ADD {r.choice(['25%', '50%', '100%'])}",
            f"ADD {r.choice(['30%', '60%'])}, MOVE STOP TO {move}",
            f"MOVE STOP TO {move}",
            'ALERT "look"',
            "CANCEL",
            f"HALT FOR {r.choice(['30m', '10m', 'day', '3 bars'])}",
            "FLATTEN",
            'HALT FOR 1h, ALERT "halted"',
        ]
    )
    return f"WHEN {when} THEN {actions}"


def position_condition(e: Expressions) -> str:
    """A condition on the position."""
    r = e.r
    return r.choice(
        [
            f"profit {r.choice(['>', '<'])} {r.choice(['0.5R', '1R', '-0.5R', '0.2R'])}",
            f"best >= {r.choice(['0.3R', '1R', '1.5R'])}",
            f"held {r.choice(['>', '>='])} {r.choice(['10m', '30m', '2h'])}",
            f"close {r.choice(['<', '>'])} at_entry({e.price('')})",
            f"close {r.choice(['<', '>'])} entry",
            f"profit > {e.distance('')}",
            "stop < entry",
            f"size >= {r.choice(['0.2', '0.5'])} lots",
            f"abs(profit) < {e.distance('')}",
        ]
    )


def random_guard(r: Random, name: str, plans: list[str], views: list[str]) -> str:
    """A guard on the account, its trades, the markets and the clock; `plans` and `views` (market.timeframe) exist."""
    lines = [f'GUARD {name} "made at random"']
    if r.random() < 0.4:
        some = r.sample(plans, r.randint(1, len(plans)))
        lines.append(r.choice(["COVERS red", "COVERS blue", f"COVERS PLANS {', '.join(some)}"]))
    limited = [random_limit(r) for _ in range(r.choice([0, 0, 1, 1, 2, 3]))]
    lines += limited
    for _ in range(r.randint(0 if limited else 1, 4)):
        what = guard_condition(r, views)
        if r.random() < 0.2:
            what = f"({what}) FOR {r.randint(1, 20)} bars"
        elif r.random() < 0.2:
            what = f"{what} {r.choice(['AND', 'OR'])} {guard_condition(r, views)}"
        span = r.choice(["30m", "2h", "day", "10m", "1m", "7h"])
        action = r.choice(
            [
                f"HALT FOR {span}",
                f"HALT FOR {span} PROBE {r.choice(['25%', '50%', '100%', '3%'])}",
                f"HALT FOR {span} PROBE {r.choice(['25%', '50%', '100%', '60%'])}",
                "HALT" if r.random() < 0.2 else f'HALT FOR {span} PROBE 50%, ALERT "tries"',
                "FLATTEN",
                f"FLATTEN, HALT FOR {span}",
                f"FLATTEN, HALT FOR {span} PROBE 40%",
                'ALERT "watch"',
                'ALERT "again"',
            ]
        )
        lines.append(f"WHEN {what} THEN {action}")
    return "\n".join(lines) + "\n"


def random_limit(r: Random) -> str:
    """A LIMIT of a guard, of which some entries and ADDs keep and some break it."""
    what = r.choice(
        [
            f"account.worst_loss <= {r.choice(['0.7', '1.5', '4', '30'])}%",
            f"account.exposure <= {r.choice([20, 100, 900])}%",
            f"account.exposure({r.choice(['red', 'blue', 'usd', 'blu', 'jpy'])}) <= {r.choice([10, 60, 300])}%",
            f"account.correlated_risk <= {r.choice(['0.6', '1.2', '2.5'])}%",
            f"account.correlated_risk(0.4, {r.choice(['10 bars', '12h'])}) <= {r.choice(['0.6', '1.2'])}%",
            f"account.correlated_risk(window=10 bars) <= {r.choice(['0.6', '1.2'])}%",
            f"account.margin_level >= {r.choice([120, 300, 2000])}%",
        ]
    )
    return f"LIMIT {what}"


def guard_condition(r: Random, views: list[str]) -> str:
    """Something that a guard may look at."""
    span = r.choice(["day", "week", "1h", "30m", "ever"])
    view = r.choice(views)
    return r.choice(
        [
            f"account.drawdown({span}) > {r.choice(['0.2', '1', '3'])}%",
            f"account.loss({span}) > {r.choice([20, 100, 500])} USD",
            f"account.loss_rate({span}) > {r.choice(['0.2', '1'])}%",
            f"account.equity < {r.choice([9990, 9900, 10050])} USD",
            f"account.balance > {r.choice([10010, 10100])} USD",
            f"time BETWEEN {r.randint(0, 22):02}:00 AND 23:00",
            f"account.worst_loss > {r.choice(['0.5', '2', '20'])}%",
            f"account.exposure{r.choice(['', '(red)', '(blue)', '(usd)', '(red)'])} > {r.choice([5, 50, 400])}%",
            f"account.margin_level < {r.choice([90, 150, 1000])}%",
            f"trades.losing_streak >= {r.randint(1, 4)}",
            f"trades.losing_streak >= {r.randint(1, 2)}",
            f"trades.loss({span}) > {r.choice([10, 50, 200])} USD",
            f"trades.realised_loss({span}) > {r.choice([10, 50, 200])} USD",
            f"trades.drawdown({span}) > {r.choice([10, 50, 200])} USD",
            f"{view}.volatility({r.randint(2, 6)}) > {r.choice(['0.05', '0.2', '0.5'])}%",
            f"{view}.close {r.choice('<>')} {view}.sma(5)",
            f"{view}.rsi(5) > 60 FOR 2 bars",
        ]
    )
