"""A backtest's result for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.analysis.trades import Trade
from tradeplan.runtime.cli._load import time_text
from tradeplan.runtime.engine.voices import Spoken


def _money(value: float) -> str:
    return f"{value:,.2f}"


def _ratio(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def figure_rows(result: BacktestResult) -> list[tuple[str, str]]:
    """The figures by the names that docs/guide/backtest.md explains."""
    p = result.performance
    account = result.recording.account
    rows = [
        ("span", f"{time_text(result.start)[:16]} to {time_text(result.end)[:16]} UTC"),
        ("balance", f"{_money(account.balance)} -> {_money(result.balance)} {account.currency}"),
        ("net", f"{_money(p.net)} ({p.net / account.balance:+.2%})"),
        ("trades", f"{p.trades}: {p.wins} won, {p.losses} lost, win rate {_ratio(p.win_rate, '.1%')}"),
        ("profit factor", _ratio(p.profit_factor, ".2f")),
        ("expectancy", f"{_ratio(p.expectancy_r, '+.3f')} R a trade"),
        ("drawdown", f"{_money(p.drawdown)} ({p.drawdown_percent:.2f}%), longest losing run {p.longest_losing_run}"),
        ("exposure", f"{p.exposure:.1%} of the time, per plan on average"),
        (
            "costs",
            (
                f"{_money(p.costs.total)}: spread {_money(p.costs.spread)}, slippage {_money(p.costs.slippage)},"
                f" commission {_money(p.costs.commission)}, swap {_money(0.0 - p.costs.swap)}"
            ),
        ),
        ("costs doubled", f"the net would be {_money(p.net_doubled)}"),
        (
            "ambiguous bars",
            f"{p.ambiguous}: the worse was counted; with the better the net would be {_money(p.net_better)}"
            if p.ambiguous
            else "none",
        ),
        ("fills tested on", ", ".join(f"{market} {timeframe}" for market, timeframe in result.tested_on.items())),
        ("share of profile spread", _ratio(p.profile_spread, ".0%") + " of fills: the data has no spread there"),
    ]
    if result.open_positions:
        rows.append(("open at the end", f"{len(result.open_positions)}, equity {_money(result.equity)}"))
    if result.margin_calls:
        calls = result.margin_calls
        rows.append(("margin calls", f"{len(calls)}, the first {time_text(calls[0].time)[:16]} UTC"))
    if result.not_simulated():
        rows.append(("not simulated", ", ".join(result.not_simulated()) + ": guards read them at their best"))
    return rows


def show_result(result: BacktestResult, console: Console, longest: int = 12) -> None:
    """Print figures, what became of entries, time spent UNKNOWN, and the last trades."""
    figures = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in figure_rows(result):
        figures.add_row(f"[bold]{name}[/bold]", value)
    console.print(figures)
    for warning in result.warnings:
        console.print(f"[bold]warning[/bold]: {escape(warning)}")
    _entries(result, console)
    _counts("exits that spoke when something was closed", result.told.exits(), console)
    _counts("limits that refused something", result.told.limits(), console)
    _unknown(result, console)
    if result.trades and longest:
        _trades(result, console, longest)
    if not result.trades:
        console.print(
            "\nno trades: look at what became of entries and at UNKNOWN above;"
            " a condition that never becomes TRUE shows in neither"
        )


def _entries(result: BacktestResult, console: Console) -> None:
    outcomes = result.outcomes()
    table = Table(title="\nentries", title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False)
    for plan, counts in outcomes.items():
        table.add_row(plan, ", ".join(f"{n} {name}" for name, n in counts.items()) or "no entry became TRUE")
    console.print(table)


def _counts(title: str, counted: Mapping[str, Mapping[str, int]], console: Console) -> None:
    if not counted:
        return
    table = Table(title=f"\n{title}", title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False)
    for owner, counts in counted.items():
        table.add_row(owner, "; ".join(f"{n} {escape(what)}" for what, n in counts.items()))
    console.print(table)


def _unknown(result: BacktestResult, console: Console) -> None:
    clauses = [c for c in result.clauses if c.unknown]
    if not clauses:
        return
    table = Table(title="\nUNKNOWN", title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False)
    for c in clauses:
        reasons = ", ".join(f"{n} {why}" for why, n in sorted(c.reasons.items(), key=lambda item: -item[1]))
        table.add_row(c.plan, c.text, f"{c.unknown / max(c.steps, 1):.1%} of {c.steps} steps ({reasons})")
    console.print(table)


def _by(trade: Trade, closed_by: Mapping[tuple[str, int], Spoken]) -> str:
    said = closed_by.get((trade.plan, trade.position)) if trade.reason == "close" else None
    return (trade.reason or "-") if said is None else f"{trade.reason}: {said.short}"


def _trades(result: BacktestResult, console: Console, longest: int) -> None:
    shown = result.trades[-longest:]
    closed_by = result.told.closed_by()
    title = f"\nlast {len(shown)} of {len(result.trades)} trades"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in ("opened (UTC)", "plan", "side", "lots", "entry", "exit", "by", "R", "net"):
        table.add_column(name, justify="right" if name in ("lots", "entry", "exit", "R", "net") else "left")
    for t in shown:
        table.add_row(
            time_text(t.opened)[:16],
            t.plan,
            "buy" if t.side > 0 else "sell",
            f"{t.lots:g}",
            f"{t.entry:.10g}",
            f"{t.exit:.10g}" if t.closed else "open",
            _by(t, closed_by),
            f"{t.r:+.2f}",
            _money(t.net),
        )
    console.print(table)
