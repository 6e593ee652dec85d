"""Random expressions of the language as text, by kind, with periods short enough for small markets."""

from __future__ import annotations

from random import Random

COMPARISONS = ("<", "<=", ">", ">=")


class Expressions:
    """Writes expressions. `views` are prefixes such as ``, `M15.`, `blue.`; each belongs to a market."""

    def __init__(self, r: Random, home: str, views: dict[str, str], scale: float) -> None:
        self.r = r
        self.home = home  # the plan's market
        self.views = views  # prefix -> market
        self.scale = scale  # a usual bar's range, in pips
        self.lets: dict[str, list[str]] = {"price": [], "condition": []}

    def view(self, market: str | None = None) -> str:
        """A prefix, of a market if one is named."""
        return self.r.choice([v for v, m in self.views.items() if market in (None, m)])

    def period(self, low: int = 1) -> int:
        """A short period."""
        return self.r.randint(low, 7)

    def price(self, view: str, depth: int = 1) -> str:
        """A price on a view."""
        r = self.r
        if depth > 0 and r.random() < 0.25:
            base = self.price(view, depth - 1)
            return f"({base} {r.choice('+-')} {self.distance(view, depth - 1)})"
        if depth > 0 and r.random() < 0.1:
            return f"value_when({self.simple(view)}, {self.price(view, 0)})"
        if self.lets["price"] and view == "" and r.random() < 0.2:
            return r.choice(self.lets["price"])
        n = self.period()
        made = r.choice(
            [
                "close",
                "open",
                "high",
                "low",
                f"sma({n})",
                f"ema({n})",
                f"rma({n})",
                f"highest({n})",
                f"lowest({n})",
                f"bands({n + 1}, 2).upper",
                f"bands({n + 1}).lower",
                f"support({self.r.randint(1, 2)})",
                f"resistance({self.r.randint(1, 2)})",
                "day_open",
                "day_high",
                "day_low",
                "session_range(asia).high",
                f"sma({n}, {self.r.choice(['open', 'high', 'low'])})",
            ]
        )
        text = view + made
        return f"{text}[{r.randint(1, 4)}]" if r.random() < 0.15 else text

    def distance(self, view: str, depth: int = 0) -> str:
        """A distance on a view."""
        r, n = self.r, self.period()
        pips = max(0.1, round(self.scale * r.uniform(0.2, 3), 1))
        usual = [f"{r.choice(['0.5', '1.5', '2'])} * {view}atr({n})", f"{view}true_range", f"{view}stdev({n + 1})"]
        if view == "":
            usual += [f"{pips} pips", f"{r.choice(['0.5', '1', '2.5'])} ATR", f"{pips} pips"]
        if depth > 0:
            usual.append(f"abs({view}close - {view}open)")
        return r.choice(usual)

    def number(self, view: str) -> tuple[str, str]:
        """A number (or percent) and a literal to compare it with."""
        r, n = self.r, self.period(2)
        return r.choice(
            [
                (f"{view}rsi({n})", str(r.choice([30, 40, 50, 60, 70]))),
                (f"{view}zscore({n})", r.choice(["-1", "-0.5", "0.5", "1"])),
                (f"{view}change({n} bars)", r.choice(["-0.1%", "0.01%", "0.1%", "-0.02%"])),
                (f"{view}bands({n}).width", r.choice(["0.05%", "0.2%", "1%"])),
                (f"count({self.simple(view)}, {n} bars)", str(r.randint(1, n))),
                (f"bars_since({self.simple(view)})", str(r.randint(1, 5))),
                (f"({view}close / {view}sma({n}))", r.choice(["0.999", "1", "1.001"])),
                (f"corr({self.view()}close, {n} bars)", r.choice(["-0.5", "0.3"])),
            ]
        )

    def simple(self, view: str) -> str:
        """A condition of one comparison."""
        r = self.r
        choice = r.random()
        if choice < 0.45:
            return f"{self.price(view, 0)} {r.choice(COMPARISONS)} {self.price(view, 0)}"
        if choice < 0.6:
            return f"{view}close {r.choice(COMPARISONS)} {view}open"
        if choice < 0.75:
            return f"{view}trend({r.choice(['bull', 'bear'])}, {self.period(2)})"
        return f"{view}high {r.choice(['>', '<='])} {view}high[1]"

    def condition(self, depth: int = 2) -> str:
        """Any condition, in parentheses where it needs them."""
        r = self.r
        if self.lets["condition"] and r.random() < 0.1:
            return r.choice(self.lets["condition"])
        if depth <= 0 or r.random() < 0.35:
            return self.leaf()
        kind = r.randint(0, 8)
        inner = f"({self.condition(depth - 1)})"
        match kind:
            case 0 | 1:
                return f"{inner} AND ({self.condition(depth - 1)})"
            case 2 | 3:
                return f"{inner} OR ({self.condition(depth - 1)})"
            case 4:
                return f"NOT {inner}"
            case 5:
                return f"{inner} FOR {self.span()}"
            case 6:
                return f"{inner} WITHIN {self.span()}"
            case 7:
                return f"{inner}[{r.randint(1, 3)}]"
            case _:
                return f"known({self.price(self.view())})"

    def leaf(self) -> str:
        """A condition without conditions around it."""
        r, view = self.r, self.view()
        match r.randint(0, 9):
            case 0 | 1 | 2:
                return self.simple(view)
            case 3:
                left, right = self.number(view)
                return f"{left} {r.choice(COMPARISONS)} {right}"
            case 4:
                way = r.choice(["ABOVE", "BELOW"])
                return f"{view}close CROSSES {way} {self.price(view)}"
            case 5:
                return f"{view}rsi({self.period(2)}) BETWEEN {r.randint(10, 50)} AND {r.randint(50, 90)}"
            case 6:
                return self.clock()
            case 7:
                n = self.period(2)
                return f"sequence({self.simple(view)}, {self.simple(view)}, within={n} bars)"
            case 8:
                return f"at_least(2, {self.simple(view)}, {self.simple(view)}, {self.simple(view)})"
            case _:
                return r.choice(
                    [
                        f"{view}holds({self.price(view, 0)}, {self.period()})",
                        f"{view}swing_high({r.randint(1, 2)}).confirmed",
                        f"{view}close IN session_range({r.choice(['asia', 'london'])})"
                        if view == ""
                        else "close > open",
                        f"spread < {max(0.1, round(self.scale, 1))} pips",
                    ]
                )

    def clock(self) -> str:
        """A condition on the time."""
        r = self.r
        zone = r.choice(["", "(london)", "(new_york)", "(tokyo)"])
        hour = f"{r.randint(0, 23):02}:{r.choice(['00', '15', '30', '50'])}"
        return r.choice(
            [
                f"time{zone} {r.choice(COMPARISONS)} {hour}",
                f"time{zone} BETWEEN {hour} AND {r.randint(0, 23):02}:45",
                f"session({r.choice(['asia', 'london', 'overlap', 'new_york'])})",
                f"weekday {r.choice(['=', '!='])} {r.choice(['monday', 'friday', 'sunday'])}",
            ]
        )

    def span(self) -> str:
        """A short span."""
        return self.r.choice([f"{self.period()} bars", f"{self.r.choice([5, 10, 30, 60])}m", "1h"])
