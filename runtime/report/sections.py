"""The written sections of a report: headline, doubts, figures, costs, entries, conditions, settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tradeplan.runtime.report.html import figure, number, pairs, section, table, text

Values = dict[str, Any]
_FEW_TRADES = 100
_MUCH = 0.2  # of the steps UNKNOWN, or of the fills on the profile's spread: worth a word at the top


def headline(result: Values) -> str:
    """The six figures that are asked for first."""
    p, currency = result["performance"], text(result["currency"])
    share = number(100.0 * p["net"] / result["initial_balance"], "percent")
    tiles = (
        (
            "Net",
            figure(p["net"], "signed", "result/performance/net"),
            f"{currency}, {share} of the balance at the start",
        ),
        (
            "Equity at the end",
            figure(result["equity"], "money", "result/equity"),
            f"from {figure(result['initial_balance'], 'money', 'result/initial_balance')} {currency}",
        ),
        (
            "Deepest drawdown",
            figure(p["drawdown_percent"], "percent", "result/performance/drawdown_percent"),
            f"{figure(p['drawdown'], 'money', 'result/performance/drawdown')} {currency} from a peak",
        ),
        (
            "Trades",
            figure(p["trades"], "count", "result/performance/trades"),
            (
                f"{figure(p['wins'], 'count', 'result/performance/wins')} won, "
                f"{figure(p['losses'], 'count', 'result/performance/losses')} lost"
            ),
        ),
        (
            "Profit factor",
            figure(p["profit_factor"], "ratio", "result/performance/profit_factor"),
            f"win rate {figure(p['win_rate'], 'share', 'result/performance/win_rate')}",
        ),
        ("Expectancy", figure(p["expectancy_r"], "r", "result/performance/expectancy_r"), "R a trade"),
    )
    cells = "".join(f"<div><dt>{n}</dt><dd>{v}<small>{s}</small></dd></div>\n" for n, v, s in tiles)
    return f'<dl class="tiles">{cells}</dl>\n'


def doubts(result: Values, simulated: bool, notices: Iterable[str]) -> str:
    """What speaks against believing the result, as far as the result itself shows it."""
    p = result["performance"]
    found = []
    if simulated:
        found.append(
            "<b>Simulated bars.</b> This is no real market: the result says that the plans run, not what they earn."
        )
    if p["trades"] < _FEW_TRADES:
        found.append(
            f"<b>Few trades.</b> {number(p['trades'], 'count')} closed trades: luck explains much of any figure here."
        )
    if p["profile_spread"] is not None and p["profile_spread"] >= _MUCH:
        share = number(p["profile_spread"], "share")
        found.append(
            f"<b>Assumed spread.</b> {share} of the fills used the profile's spread, because the data has none."
        )
    if p["net"] > 0.0 >= p["net_doubled"]:
        found.append(f"<b>Lives on its costs.</b> With costs doubled the net is {number(p['net_doubled'], 'signed')}.")
    if p["ambiguous"]:
        found.append(
            f"<b>Ambiguous bars.</b> {number(p['ambiguous'], 'count')} touched stop and target; the worse was counted. "
            f"With the better the net is {number(p['net_better'], 'signed')}: if that is far off, get finer bars."
        )
    blind = [c for c in result["unknown"] if c["unknown"] / max(c["steps"], 1) >= _MUCH]
    if blind:
        subject = "condition was" if len(blind) == 1 else "conditions were"
        found.append(
            f"<b>Untested conditions.</b> {len(blind)} {subject} UNKNOWN for {number(_MUCH, 'share')} of the time or "
            'more: see <a href="#conditions">Conditions</a>.'
        )
    if result["open_positions"]:
        found.append(f"<b>Open at the end.</b> {len(result['open_positions'])}; the figures of trades leave them out.")
    if result["not_simulated"]:
        found.append(
            f"<b>Not simulated.</b> {text(', '.join(result['not_simulated']))}: guards read them at their best."
        )
    found += [f"<b>Data.</b> {text(notice)}" for notice in [*result["warnings"], *notices]]
    if not found:
        return ""
    items = "\n".join(f"<li>{item}</li>" for item in found)
    return (
        f'<aside class="doubts" aria-label="Before believing it"><h2>Before believing it</h2><ul>{items}</ul></aside>\n'
    )


def figures(result: Values) -> str:
    """All figures of the run, by the names of the JSON."""
    p = result["performance"]

    def of(name: str, form: str) -> str:
        return figure(p[name], form, f"result/performance/{name}")

    currency = text(result["currency"])
    return pairs(
        (
            (f"Net, {currency}", of("net", "signed")),
            ("Won, all winners", of("gross_win", "money")),
            ("Lost, all losers", of("gross_loss", "money")),
            ("Profit factor", of("profit_factor", "ratio")),
            ("Win rate", of("win_rate", "share")),
            ("Expectancy, R a trade", of("expectancy_r", "r")),
            ("Longest losing run, trades", of("longest_losing_run", "count")),
            (f"Deepest drawdown, {currency}", of("drawdown", "money")),
            ("Deepest drawdown", of("drawdown_percent", "percent")),
            ("Exposure, of the time", of("exposure", "share")),
        )
    )


def costs(result: Values) -> str:
    """What trading cost, and what other assumptions would make of the result."""
    p = result["performance"]
    c, currency = p["costs"], text(result["currency"])
    rows = [
        ("Spread, inside the prices", figure(c["spread"], "money", "result/performance/costs/spread")),
        ("Slippage, inside the prices", figure(c["slippage"], "money", "result/performance/costs/slippage")),
        ("Commission", figure(c["commission"], "money", "result/performance/costs/commission")),
        ("Swap, + earned", figure(c["swap"], "signed", "result/performance/costs/swap")),
        ("All costs", figure(c["total"], "money", "result/performance/costs/total")),
    ]
    other = [
        ("Net as counted", figure(p["net"], "signed", "result/performance/net")),
        ("Net with all costs doubled", figure(p["net_doubled"], "signed", "result/performance/net_doubled")),
        (
            "Net with the better of each ambiguous bar",
            figure(p["net_better"], "signed", "result/performance/net_better"),
        ),
        ("Ambiguous bars", figure(p["ambiguous"], "count", "result/performance/ambiguous")),
        (
            "Share of fills on the profile's spread",
            figure(p["profile_spread"], "share", "result/performance/profile_spread"),
        ),
    ]
    left = table(f"Costs in {currency}", ("Cost", "Paid"), rows)
    right = table("The same trades under other assumptions", ("Assumption", "Figure"), other)
    body = f'<div class="columns"><div>{left}</div><div>{right}</div></div>\n'
    return section("costs", "Costs and assumptions", body)


def entries(result: Values) -> str:
    """What became of each plan's entries."""
    outcomes: Mapping[str, Mapping[str, int]] = result["outcomes"]
    names = sorted({name for counts in outcomes.values() for name in counts}, key=lambda n: (n != "sent", n))
    if not names:
        return '<p class="note">No entry became TRUE. A condition that never does shows here and nowhere else.</p>\n'
    rows = [
        [text(plan), *(figure(counts.get(name), "count", f"result/outcomes/{plan}/{name}") for name in names)]
        for plan, counts in outcomes.items()
    ]
    return table("What became of entries that became TRUE", ["Plan", *(text(n.replace("_", " ")) for n in names)], rows)


def unknown(result: Values) -> str:
    """Conditions that were not known for a part of the time."""
    rows = []
    for i, c in sorted(enumerate(result["unknown"]), key=lambda x: -x[1]["unknown"] / max(x[1]["steps"], 1)):
        reasons = ", ".join(f"{text(why)} {n:,}" for why, n in sorted(c["reasons"].items(), key=lambda x: -x[1]))
        share = c["unknown"] / max(c["steps"], 1)
        rows.append(
            (
                f"<code>{text(c['text'])}</code>",
                text(c["plan"]),
                reasons,
                figure(c["steps"], "count", f"result/unknown/{i}/steps"),
                figure(c["unknown"], "count", f"result/unknown/{i}/unknown"),
                number(share, "share"),
            )
        )
    if not rows:
        return '<p class="note">Every condition was known at every step.</p>\n'
    head = ("Condition", "Plan", "Why", "Steps", "UNKNOWN", "Share")
    note = "A condition that is mostly UNKNOWN has not been tested by this run."
    return table("Time for which a condition was UNKNOWN", head, rows, words=3, note=note, kind="fold")


def settings(rows: Sequence[tuple[str, str]], plans: Iterable[tuple[str, str]], result_digest: str) -> str:
    """With what the run was made, so that it can be made again."""
    said = [(text(k), text(v)) for k, v in rows]
    said.append(("Digest of the result (SHA-256)", f'<code class="digest">{text(result_digest)}</code>'))
    texts = "".join(
        f"<details><summary>{text(name)}</summary><pre tabindex='0'>{text(content)}</pre></details>\n"
        for name, content in plans
    )
    return section("settings", "Settings", pairs(said) + f"<h3>Texts that were run</h3>\n{texts}")
