"""A backtest's result as one HTML file that opens without a network and cannot run anything that is not its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from math import ceil, log10
from string import Template
from typing import Any

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.report import sections
from tradeplan.runtime.report.analysis_sections import analysis_sections, clause_section, performance_tables
from tradeplan.runtime.report.candles import WINDOW_TRADES, MarketCandles, Window, windows
from tradeplan.runtime.report.heat import season_grid
from tradeplan.runtime.report.html import digest_source, finite, json_block, section, text
from tradeplan.runtime.report.levels import position_levels
from tradeplan.runtime.report.told_sections import told_section

_SCRIPTS = ("elements", "core", "theme", "equity", "positions", "market", "trades", "start")
_FIGURE_SCRIPTS = ("elements", "theme", "start_figures")
_PRICED = (
    *("trades", "open_positions", "equity_curve", "alerts", "halts"),
    *("without", "spoken", "margin_calls", "broken_limits"),
)
"""What of a result tells prices, or when something happened: the bars could be made out from it."""
_WHERE = "Every figure on this page stands in the JSON inside it (<code>result-json</code>)."
_LEFT_OUT = (
    "Bars, trades and the curve of equity are left out of this page; the figures are those of the whole run and stand "
    "in the JSON inside it (<code>result-json</code>)."
)
_CHARTS = "lightweight-charts.standalone.production.js"


def render_report(
    result: BacktestResult,
    dataset: Dataset,
    analysis: Mapping[str, Any] | None = None,
    settings: Sequence[tuple[str, str]] = (),
    simulated: bool = False,
    figures_only: bool = False,
) -> str:
    """The page, the same for the same run. `dataset` is that of the run: it gives calendars and notices.

    `analysis` is the dict of an analysis of this result; `settings` are named values to show beside those of the run;
    `simulated` says that the bars are no real market. Stop moves show if the run had `record_moves`. `figures_only`
    leaves out bars, prices, trades and curves: a page that may be passed on where the data may not.
    """
    values: dict[str, Any] = finite(result.as_dict())
    analysed = None if analysis is None else finite(dict(analysis))
    digest = hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
    days = (_day(values["start"]), _day(values["end"] - 1))
    plans = {p.block.name: p.block for p in result.recording.program.plans}
    style, season = _asset("report.css"), season_grid(values["trades"])
    scripts = [_own(_FIGURE_SCRIPTS)]
    charts, view = "", ""
    if figures_only:
        values = {name: [] if name == "margin_calls" else value for name, value in values.items()}
    else:
        scripts = [files(__package__).joinpath("vendor", _CHARTS).read_text(encoding="utf-8"), _own(_SCRIPTS)]
        charts = Template(_asset("charts.html")).substitute(notice=_notice())
        view = json_block("view-json", _view(result, dataset))
    told = {name: value for name, value in values.items() if not (figures_only and name in _PRICED)}
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(digest_source, scripts))}",
            f"style-src {digest_source(style)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return Template(_asset("page.html")).substitute(
        policy=policy,
        title=f"Backtest {days[0]} to {days[1]}",
        style=style,
        span=" to ".join(f'<span class="whole">{day}</span>' for day in days),
        plans="".join(f"<li>{text(name)} <span>{text(_trades_on(block))}</span></li>" for name, block in plans.items()),
        headline=sections.headline(values),
        doubts=sections.doubts(values, simulated, dataset.notices()),
        performance=section("performance", "Performance", sections.figures(values) + performance_tables(analysed)),
        analysis=analysis_sections(analysed, values, season),
        conditions=section("conditions", "Conditions", _conditions(analysed, values)) + told_section(values),
        costs=sections.costs(values),
        settings=sections.settings(
            [*_run_settings(values, result.recording.account), *settings, *_analysis_digest(analysed)],
            _texts(result),
            digest,
        ),
        charts=charts,
        skip="performance" if figures_only else "trades",
        footer=_LEFT_OUT if figures_only else _WHERE,
        data=json_block("result-json", told)
        + (json_block("analysis-json", analysed) if analysed is not None else "")
        + view,
        scripts="".join(f"<script>{script}</script>\n" for script in scripts),
    )


def _view(result: BacktestResult, dataset: Dataset) -> dict[str, Any]:
    """What the charts need beyond the result: candles by market, each trade's window and levels, in order of trades."""
    run = result.recording
    candles = {
        name: MarketCandles(lane.bars.bars, dataset.calendar(name), run.markets[name].tick, run.start, run.end)
        for name, lane in run.traded.items()
    }
    shown: list[Window | None] = windows(candles, result.trades, run.end)
    packed = {name: market.as_dict() for name, market in candles.items()}
    for market in packed.values():
        market["digits"] = max(0, ceil(-log10(market["tick"]) - 1e-9))
    return {
        "markets": {name: market for name, market in packed.items() if market["series"][market["overview"]]["bars"]},
        "windows": [None if w is None else [w.timeframe, w.first, w.last] for w in shown],
        "levels": position_levels(run, min(len(result.trades), WINDOW_TRADES)),
    }


def _conditions(analysed: Mapping[str, Any] | None, values: dict[str, Any]) -> str:
    return sections.entries(values) + clause_section(analysed) + sections.unknown(values)


def _run_settings(values: Mapping[str, Any], account: AccountConfig) -> list[tuple[str, str]]:
    return [
        ("From", _minute(values["start"])),
        ("To", _minute(values["end"])),
        ("Balance at the start", f"{account.balance:,.2f} {account.currency}"),
        ("Account", account.mode),
        ("Fills tested on", ", ".join(f"{market} {timeframe}" for market, timeframe in values["tested_on"].items())),
    ]


def _analysis_digest(analysed: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    found = None if analysed is None else analysed.get("digest")
    return [] if found is None else [("Digest of the analysis's inputs", str(found))]


def _texts(result: BacktestResult) -> list[tuple[str, str]]:
    """The texts of plans and guards, each once, in order of name."""
    found = {owner.block.source.name: owner.block.source.text for owner in result.recording.program.owners}
    return sorted(found.items())


def _trades_on(block: CheckedPlan | CheckedGuard) -> str:
    return f"{block.market} {block.timeframe}" if isinstance(block, CheckedPlan) else ""


def _notice() -> str:
    """The attribution that the chart library's licence asks for, with its link."""
    notice = files(__package__).joinpath("vendor", "NOTICE").read_text(encoding="utf-8").split("https://")[0].strip()
    name, owner = (text(line) for line in notice.splitlines())
    link = '<a href="https://www.tradingview.com/" rel="noopener noreferrer">https://www.tradingview.com/</a>'
    return f"Charts: {name}. {owner} {link}. Licensed under the Apache License 2.0."


def _own(names: Sequence[str]) -> str:
    """The page's own scripts as one."""
    return '"use strict";\n(() => {\n' + "\n".join(_asset(f"{name}.js") for name in names) + "})();\n"


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _day(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d")


def _minute(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
