"""Sections made from an analysis: plans and markets, risk, periods, seasons, correlation, what clauses did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tradeplan.runtime.report.heat import Grid, correlation_map, season_map
from tradeplan.runtime.report.html import figure, pairs, section, table, text

Values = Mapping[str, Any]
_COLUMNS = (
    ("trades", "Trades", "count"),
    ("net", "Net", "signed"),
    ("win_rate", "Win rate", "share"),
    ("profit_factor", "Profit factor", "ratio"),
    ("expectancy_r", "R a trade", "r"),
    ("best", "Best", "signed"),
    ("worst", "Worst", "signed"),
    ("sharpe", "Sharpe", "ratio"),
    ("sortino", "Sortino", "ratio"),
)
_GROUP = (
    ("trades", "Trades", "count"),
    ("net", "Net", "signed"),
    ("mean", "Mean", "signed"),
    ("win_rate", "Won", "share"),
)
_RISK = (
    ("volatility", "Volatility, a year", "share"),
    ("var95", "Value at risk, a day, 95%", "share"),
    ("cvar95", "Mean beyond it, 95%", "share"),
    ("var99", "Value at risk, a day, 99%", "share"),
    ("cvar99", "Mean beyond it, 99%", "share"),
    ("days", "Days with bars", "count"),
)
_SEASON_NAMES = {"none": "After New York"}
_MONTHS_SHOWN = 36  # beyond three years the page shows years
_PLANS_OPEN = 3  # of more plans the tables stay folded until asked for
_COUNTED = (
    "Counted over the steps of the plan. Alone: this clause alone kept its rule from holding."
    " Decided: the rule came to hold when this clause did. A dash: about the position or the account, not counted."
)


def performance_tables(analysis: Values | None) -> str:
    """Figures by plan and by market, risk of the account, results by month or year."""
    if analysis is None:
        return ""
    figures, risk = analysis["performance"], analysis["risk"]
    reasons: Values = risk.get("reasons") or {}
    shown = [("overall", "All", figures["overall"])]
    by_plan = [(f"plans/{name}", name, values) for name, values in figures["plans"].items()]
    by_market = [(f"symbols/{name}", name, values) for name, values in figures["symbols"].items()]
    head = [title for _, title, _ in _COLUMNS]
    note = "Sharpe and Sortino are of daily returns, for a year; a dash where there are too few days or no losses."
    body = table(
        "By plan",
        ["Plan", *head, "Deepest fall", "Fall, days"],
        [_performance_row(key, name, values) for key, name, values in [*by_plan, *shown]],
    )
    body += table(
        "By market",
        ["Market", *head, "Deepest fall", "Fall, days"],
        [_performance_row(key, name, values) for key, name, values in by_market],
        note=note,
    )
    body += "<h3>Risk of the account</h3>\n" + pairs(
        (title, figure(risk.get(name), form, f"analysis/risk/{name}", tone=False, why=reasons.get(name, "none")))
        for name, title, form in _RISK
    )
    return body + _periods(analysis["periods"])


def _performance_row(key: str, name: str, values: Values) -> list[str]:
    base = f"analysis/performance/{key}"
    fall, reasons = values.get("drawdown") or {}, values.get("reasons") or {}
    return [
        text(name),
        *(
            figure(values.get(column), form, f"{base}/{column}", why=reasons.get(column, "none"))
            for column, _, form in _COLUMNS
        ),
        figure(fall.get("percent"), "percent", f"{base}/drawdown/percent"),
        figure(values.get("drawdown_length_days"), "ratio", f"{base}/drawdown_length_days"),
    ]


def _periods(periods: Values) -> str:
    name = "monthly" if len(periods["monthly"]) <= _MONTHS_SHOWN else "yearly"
    form = "%Y-%m" if name == "monthly" else "%Y"
    rows = []
    for i, row in enumerate(periods[name]):
        key = f"analysis/periods/{name}/{i}"
        rows.append(
            [
                datetime.fromtimestamp(row["start"] / 1000, UTC).strftime(form),
                figure(row["trades"], "count", f"{key}/trades"),
                figure(row["net"], "signed", f"{key}/net"),
                figure(row["win_rate"], "share", f"{key}/win_rate"),
                figure(row.get("change"), "signed", f"{key}/change"),
                figure(row.get("return"), "change", f"{key}/return"),
                figure(row.get("equity"), "money", f"{key}/equity"),
            ]
        )
    head = ("Month" if name == "monthly" else "Year", "Trades", "Net", "Won", "Change of equity", "Return", "Equity")
    return table("By month" if name == "monthly" else "By year", head, rows) if rows else ""


def analysis_sections(analysis: Values | None, result: Values, grid: Grid) -> str:
    """Seasons and correlation; without an analysis the map of hours and weekdays alone."""
    currency = str(result["currency"])
    body = season_map(grid, currency) if any(cell[0] for row in grid for cell in row) else ""
    if body and analysis is not None:
        seasons = analysis["seasonality"]
        tables = {
            name: table(
                title,
                [title.removeprefix("By ").capitalize(), *(head for _, head, _ in _GROUP)],
                [
                    [
                        text(_SEASON_NAMES.get(row["key"], str(row["key"]).replace("_", " ").title())),
                        *_group(row, f"analysis/seasonality/{name}/{i}"),
                    ]
                    for i, row in enumerate(seasons[name])
                    if row["trades"]
                ],
            )
            for name, title in (("session", "By session"), ("weekday", "By weekday"), ("month", "By month"))
        }
        body = (
            f'<div class="columns"><div>{body}</div><div>{tables["session"]}{tables["weekday"]}{tables["month"]}'
            f"{_windows(analysis['windows'])}</div></div>\n"
        )
    lead = "A cell of one or two trades says nothing about its hour."
    found = section("seasons", "Seasonality", body, lead)
    return found + (correlation_section(analysis["correlation"]) if analysis is not None else "")


def _group(values: Values, key: str) -> list[str]:
    return [figure(values.get(name), form, f"{key}/{name}") for name, _, form in _GROUP]


def _windows(windows: Values) -> str:
    names = {"news": "News", "rollover": "Rollover hour"}
    rows = [
        [f"{title}, {where}", *_group(windows[name][where], f"analysis/windows/{name}/{where}")]
        for name, title in names.items()
        if windows.get(name)
        for where in ("inside", "outside")
        if windows[name].get(where)
    ]
    return table("Around news and rollover", ["Hours", *(head for _, head, _ in _GROUP)], rows) if rows else ""


def correlation_section(correlation: Values) -> str:
    """Maps of how daily results of markets and of plans move together; none for fewer than two."""
    body = ""
    for name, caption in (("symbols", "Daily results of markets"), ("plans", "Daily results of plans")):
        values = correlation.get(name) or {}
        if len(values.get("names", ())) > 1:
            shown = correlation_map(caption, values["names"], values["matrix"], f"analysis/correlation/{name}/matrix")
            body += f"<div>{shown}</div>\n"
    lead = "From \N{MINUS SIGN}1 (opposite) over 0 (unrelated) to +1 (alike); a dash where there are too few days."
    return section("correlation", "Correlation", f'<div class="columns">{body}</div>\n' if body else "", lead)


def clause_section(analysis: Values | None) -> str:
    """For each plan, what each clause of each rule did, which rules opened, and what closed."""
    if analysis is None:
        return ""
    plans = {name: rows for name, values in analysis["clauses"].items() if (rows := _clauses(name, values))}
    shown = " open" if len(plans) <= _PLANS_OPEN else ""
    bodies = [_plan(name, rows, analysis["clauses"][name], shown) for name, rows in plans.items()]
    return f'<h3>What each clause did</h3>\n<p class="note">{_COUNTED}</p>\n{"".join(bodies)}' if bodies else ""


def _clauses(name: str, values: Values) -> list[list[str]]:
    rows = []
    for i, rule in enumerate(values["rules"]):
        for j, clause in enumerate(rule["clauses"]):
            key = f"analysis/clauses/{name}/rules/{i}/clauses/{j}"
            counts = ("steps", "true", "false", "unknown", "alone", "decided")
            kind = "entry" if rule["entry"] else "managing"
            rows.append(
                [
                    f"<code>{text(clause['text'])}</code>",
                    f"{rule['rule'] + 1}, {kind}",
                    *(figure(clause.get(count), "count", f"{key}/{count}") for count in counts),
                ]
            )
    return rows


def _plan(name: str, rows: list[list[str]], values: Values, shown: str) -> str:
    head = ("Clause", "Rule", "Steps", "TRUE", "FALSE", "UNKNOWN", "Alone", "Decided")
    clauses = table(f"Clauses of {text(name)}", head, rows, words=2, kind="roomy")
    results = [*_results(name, values, "entries"), *_results(name, values, "exits")]
    by = ("Opened or closed by", *(title for _, title, _ in _GROUP), "R a trade")
    ends = table(f"What opened and closed trades of {text(name)}", by, results, kind="rules")
    return f'<details class="plan"{shown}><summary><h3>{text(name)}</h3></summary>\n{clauses}{ends}</details>\n'


def _results(plan: str, values: Values, which: str) -> list[list[str]]:
    rows = []
    for i, row in enumerate(values.get(which) or ()):
        how = "opened" if which == "entries" else f"closed, {row['by'].replace('_', ' ')}"
        what = f" <code>{text(row['text'])}</code>" if row["text"] else ""
        base = f"analysis/clauses/{plan}/{which}/{i}"
        rows.append(
            [f"{text(how)}{what}", *_group(row, base), figure(row.get("expectancy_r"), "r", f"{base}/expectancy_r")]
        )
    return rows
