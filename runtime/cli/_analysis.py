"""An analysis for a person at a terminal: tables with the counts behind every figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tradeplan.runtime.analysis.analysis import Analysis
from tradeplan.runtime.analysis.windows import NEWS_MINUTES
from tradeplan.runtime.cli._load import time_text
from tradeplan.runtime.engine.timing import ORDERS, FunctionTimer
from tradeplan.runtime.market.news import IMPACTS

SHOWN = {"monthly": 12, "quarterly": 4, "yearly": 2}
"""How many of the last periods are shown; the JSON has all, days and weeks too."""
_FEW = 20  # a group of fewer trades is shown dimmed: its mean is mostly chance


def show_analysis(analysis: Analysis, console: Console) -> None:
    """Print all tables."""
    span = analysis.span
    console.print(
        f"{time_text(span['start'])[:16]} to {time_text(span['end'])[:16]} UTC, {span['days']} days with bars;"
        f" balance {_money(span['initial_balance'])} -> {_money(span['balance'])} {span['currency']},"
        f" equity {_money(span['equity'])}, {span['open_positions']} open"
    )
    console.print(f"digest of the inputs {analysis.digest}")
    _performance(analysis, console)
    _risk(analysis, console)
    _periods(analysis, console)
    _seasonality(analysis, console)
    _windows(analysis, console)
    _correlation(analysis, console)
    _clauses(analysis, console)
    _counts(analysis, console)


def _money(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _number(form: str) -> Callable[[float | None], str]:
    return lambda value: "-" if value is None else format(value, form)


_share, _two, _r = _number(".1%"), _number(".2f"), _number("+.3f")


def _table(left: Iterable[str], right: Iterable[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right")
    return table


def _print(console: Console, title: str, table: Table) -> None:
    console.print(f"\n{title}", style="italic", markup=False)
    console.print(table)


def _groups(analysis: Analysis) -> list[tuple[str, dict[str, Any]]]:
    found = [("all", analysis.performance["overall"])]
    for kind, words in (("plans", "plan"), ("symbols", "symbol")):
        groups = analysis.performance[kind]
        found += [(f"{words} {name}", figures) for name, figures in groups.items()]
    return found


def _performance(analysis: Analysis, console: Console) -> None:
    names = ("trades", "win rate", "profit factor", "R a trade", "net", "average", "best", "worst")
    trades = _table(("",), names)
    account = _table(("",), ("days", "Sharpe", "Sortino", "drawdown", "percent", "longest, days", "confidence"))
    reasons: dict[str, list[str]] = {}
    for name, f in _groups(analysis):
        money = [_money(f[key]) for key in ("net", "average", "best", "worst")]
        ratios = (_share(f["win_rate"]), _two(f["profit_factor"]), _r(f["expectancy_r"]))
        trades.add_row(name, str(f["trades"]), *ratios, *money)
        deepest = (_money(f["drawdown"]["money"]), _two(f["drawdown"]["percent"]), f"{f['drawdown_length_days']:.1f}")
        returned = (_two(f["sharpe"]), _two(f["sortino"]))
        account.add_row(name, str(f["days"]), *returned, *deepest, _two(f["confidence"]))
        for key in ("profit_factor", "sharpe", "sortino"):
            if key in f["reasons"] and f["trades"]:
                reasons.setdefault(f"{key.replace('_', ' ')} -: {f['reasons'][key]}", []).append(name)
    _print(console, "trades", trades)
    _print(console, "account", account)
    for reason, whose in reasons.items():
        console.print(f"{reason} ({', '.join(whose)})", style="dim", markup=False)


def _risk(analysis: Analysis, console: Console) -> None:
    risk = analysis.risk
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, words in (
        ("volatility", "volatility, a year"),
        ("var95", "VaR 95 %"),
        ("var99", "VaR 99 %"),
        ("cvar95", "CVaR 95 %"),
        ("cvar99", "CVaR 99 %"),
    ):
        why = risk["reasons"].get(name, "")
        table.add_row(words, f"- ({why})" if why else f"{risk[name]:.3%}")
    table.add_row("losing streak", f"{risk['losing_streak']} of {risk['trades']} trades")
    table.add_row("from", f"{risk['days']} days, confidence {risk['confidence']:.2f}")
    _print(console, "risk of a day, part of equity", table)


def _periods(analysis: Analysis, console: Console) -> None:
    for name, count in SHOWN.items():
        rows = analysis.periods[name][-count:]
        if not rows:
            continue
        whole = len(analysis.periods[name])
        title = name if whole <= count else f"{name}, the last {count} of {whole}"
        table = _table(("from (UTC)",), ("days", "trades", "win rate", "net", "equity change", "return"))
        for row in rows:
            share = "-" if row["return"] is None else f"{row['return']:+.2%}"
            counts = (str(row["days"]), str(row["trades"]), _share(row["win_rate"]))
            table.add_row(time_text(row["start"])[:10], *counts, _money(row["net"]), _money(row["change"]), share)
        _print(console, title, table)


def _group_row(table: Table, *words: str, figures: dict[str, Any]) -> None:
    values = (str(figures["trades"]), _share(figures["win_rate"]), _money(figures["net"]), _money(figures["mean"]))
    table.add_row(*words, *values, style="dim" if figures["trades"] < _FEW else None)


_GROUP = ("trades", "win rate", "net", "mean")


def _seasonality(analysis: Analysis, console: Console) -> None:
    for name, rows in analysis.seasonality.items():
        kept = [row for row in rows if row["trades"]]
        if not kept:
            continue
        table = _table(("",), _GROUP)
        for row in kept:
            key = f"{row['key']:02}" if isinstance(row["key"], int) else row["key"].replace("_", " ")
            _group_row(table, key, figures=row)
        _print(console, f"by {name} of the exit (UTC); dimmed: fewer than {_FEW} trades", table)


def _windows(analysis: Analysis, console: Console) -> None:
    table = _table(("", ""), _GROUP)
    news = analysis.windows["news"]
    for side, figures in analysis.windows["rollover"].items():
        _group_row(table, "an hour around the broker's midnight", side, figures=figures)
    if news["inside"] is not None:
        for side in ("inside", "outside"):
            _group_row(table, f"{NEWS_MINUTES} minutes around {IMPACTS[-1]} news", side, figures=news[side])
    _print(console, "begun or ended inside and outside of", table)
    if news["inside"] is None:
        console.print("news: no calendar was given (--calendar FILE)", style="dim")
    else:
        told = f"news: {news['events']} events of {news['source']}; {news['uncovered']} trades lie outside its span"
        console.print(told, style="dim", markup=False)


def _correlation(analysis: Analysis, console: Console) -> None:
    for kind, found in analysis.correlation.items():
        names = found["names"]
        if len(names) < 2:
            continue
        table = _table(("",), map(escape, names))
        for i, name in enumerate(names):
            cells = (f"{_two(found['matrix'][i][j])} ({found['counts'][i][j]})" for j in range(len(names)))
            table.add_row(escape(name), *cells)
        _print(console, f"correlation of daily returns between {kind} (days behind it)", table)


def _clauses(analysis: Analysis, console: Console) -> None:
    for plan, found in analysis.clauses.items():
        table = _table(("rule", "clause"), ("TRUE", "FALSE", "UNKNOWN", "alone in the way", "decided"))
        for rule in found["rules"]:
            counted = [c for c in rule["clauses"] if c["steps"] is not None]
            for c in counted:
                shares = (f"{c[name] / max(c['steps'], 1):.1%}" for name in ("true", "false", "unknown"))
                decided = f"{c['decided']} of {rule['became']}"
                table.add_row(str(rule["rule"] + 1), escape(c["text"]), *shares, str(c["alone"]), decided)
        if table.row_count:
            _print(console, f"clauses of {plan}", table)
        closers = _table(("", ""), (*_GROUP, "R a trade"))
        for row in found["entries"]:
            _closer(closers, "opened", f"rule {row['rule'] + 1}", row)
        for row in found["exits"]:
            by = row["by"].replace("_", " ")
            rule = f"rule {row['rule'] + 1}: {row['text']}" if row["rule"] is not None else row["text"] or by
            _closer(closers, "closed", rule, row)
        if closers.row_count:
            _print(console, f"what opened and closed the trades of {plan}", closers)


def show_times(timer: FunctionTimer, console: Console) -> None:
    """What functions cost, the dearest first; with every other part of the work, so that a share is one of all."""
    times = timer.times()
    whole = sum(t.seconds for t in times) or 1.0
    table = _table(("",), ("of all", "ms", "updates", "ns an update"))
    for t in times:
        ns = "-" if t.name == ORDERS else f"{t.nanoseconds:.0f}"
        table.add_row(t.name, f"{t.seconds / whole:.1%}", f"{1e3 * t.seconds:,.2f}", f"{t.bars:,}", ns)
    _print(console, f"time by function; {timer.samples} calls, each function run by itself", table)


def _closer(table: Table, verb: str, words: str, row: dict[str, Any]) -> None:
    values = (str(row["trades"]), _share(row["win_rate"]), _money(row["net"]), _money(row["mean"]))
    style = "dim" if row["trades"] < _FEW else None
    table.add_row(verb, escape(words), *values, _r(row["expectancy_r"]), style=style)


_DONE = {"entry": "entries", "add": "ADDs", "close": "closes", "stop": "stops moved", "cancel": "orders taken back"}


def _counts(analysis: Analysis, console: Console) -> None:
    for plan, found in analysis.counts["plans"].items():
        table = _table(("rule",), _DONE.values())
        for row in found["rules"]:
            rule = "several, a guard or a person" if row["rule"] is None else str(row["rule"] + 1)
            table.add_row(rule, *(str(row.get(key, 0) or "-") for key in _DONE))
        filled = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in found["fills"].items())
        if table.row_count or filled:
            _print(console, f"what the rules of {plan} did; filled: {filled or 'nothing'}", table)
    rows = [(owner, row) for owner, found in analysis.counts["breakers"].items() for row in found]
    if rows:
        table = _table(("breaker", "rule"), ("halts", "half-open", "reset"))
        for owner, row in rows:
            table.add_row(
                escape(owner), str(row["rule"] + 1), *(str(row[key]) for key in ("halt", "half_open", "reset"))
            )
        _print(console, "breakers", table)
