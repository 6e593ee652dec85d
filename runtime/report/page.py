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

_SCRIPTS = ("core", "theme", "equity", "positions", "market", "trades", "start")
_CHARTS = "lightweight-charts.standalone.production.js"


def render_report(
    result: BacktestResult,
    dataset: Dataset,
    analysis: Mapping[str, Any] | None = None,
    settings: Sequence[tuple[str, str]] = (),
    simulated: bool = False,
) -> str:
    """The page, the same for the same run. `dataset` is that of the run: it gives calendars and notices.

    `analysis` is the dict of an analysis of this result; `settings` are named values to show beside those of the run;
    `simulated` says that the bars are no real market. Stop moves show if the run had `record_moves`.
    """
    values: dict[str, Any] = finite(result.as_dict())
    analysed = None if analysis is None else finite(dict(analysis))
    view = _view(result, dataset)
    digest = hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
    days = (_day(values["start"]), _day(values["end"] - 1))
    plans = {p.block.name: p.block for p in result.recording.program.plans}
    style = _asset("report.css")
    library = files(__package__).joinpath("vendor", _CHARTS).read_text(encoding="utf-8")
    own = '"use strict";\n(() => {\n' + "\n".join(_asset(f"{name}.js") for name in _SCRIPTS) + "})();\n"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {digest_source(library)} {digest_source(own)}",
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
        analysis=analysis_sections(analysed, values, season_grid(values["trades"])),
        conditions=section("conditions", "Conditions", _conditions(analysed, values)) + told_section(values),
        costs=sections.costs(values),
        settings=sections.settings(
            [*_run_settings(values, result.recording.account), *settings, *_analysis_digest(analysed)],
            _texts(result),
            digest,
        ),
        notice=_notice(),
        data=json_block("result-json", values)
        + (json_block("analysis-json", analysed) if analysed is not None else "")
        + json_block("view-json", view),
        library=library,
        script=own,
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


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _day(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d")


def _minute(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
