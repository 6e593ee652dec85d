"""Random plans with managed exits, stops and size over random markets: order loop and interpreter agree to the cent."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Decision, Fill
from tradeplan.runtime.engine.market_table import traded_market
from tradeplan.runtime.engine.program import build_program
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import account_of, fast, run_differences
from tests.oracle.cases import Case, random_case

INTERPRETED = Kernels("interpreted")

STOPS = [
    "atr_stop(1)",
    "tighter(atr_stop(1.5), structure_stop(4, 0.01%, 0.5))",
    "wider(fixed_stop(1 ATR), structure_stop(3, 0.02%, 0.2))",
    "fixed_stop(2 * true_range)",
    "volatility_stop(1)",
]
MOVES = [
    "tighter(breakeven_stop(0.5R), trail(1 ATR))",
    "trail(0.5 ATR, step=0.2R)",
    "wider(trail(2 ATR), structure_stop(4, 0.01%, 0.5))",
    "tighter(structure_stop(3, 0.01%, 0), atr_stop(1), volatility_stop(1), trail)",
    "choose(profit > 0, trail(0.3 ATR), stop)",
]
EXITS = [
    "exit_signal(finest={finest}) >= {rank}",
    "exit_signal(finest={finest}).kind = {kind}",
    "exit_signal(finest={finest}).strength > 1.2",
    "exit_signal(with, {finest}, 0.2, 0.2, 0.2).timeframe = {finest}",
    "market_exit(finest={finest}) >= {rank}",
    "time_exit(limit=2h, scalp=10m, gain=0.2R) >= 1",
    "profit_exit(0.6R) >= 1",
    "structure_break(against, 3) > 0.3",
    "momentum_loss(with, 4) > 1",
    "volume_decline(2, 4) > 0.3",
    "scale_out(3, 4).ready",
    "scale_profit(0.3R) >= 1",
    "scale_time(30m) >= 1",
    "strongest(momentum_loss(with, 3), H1.momentum_loss(with, 3)) > 0.8",
]
ADDS = ["scale_in(3, 3, 0.2, 0.25, {most}).ready", "scale_in(4, 2, maximum={most}) > 0.3"]


def managed(r: Random) -> Case:
    """A random world with plans of its own; the random plans that came with it are left out."""
    case = random_case(r, plans=1)
    words = {
        "finest": case.world.finest,
        "rank": r.choice(["low", "medium", "high", "critical"]),
        "kind": r.choice(["structure", "momentum", "volume", "time", "profit", "none"]),
        "most": r.choice(["1", "1.25", "2"]),
    }

    def pick(texts: list[str]) -> str:
        return r.choice(texts).format(**words)

    rules = [
        f"WHEN {pick(EXITS)} AND {pick(EXITS)} THEN CLOSE",
        f"WHEN {pick(EXITS)} THEN CLOSE {r.choice(['25', '50'])}%",
    ]
    rules += [f"WHEN {pick(ADDS)} THEN ADD 25%", f"WHEN held >= 5m THEN MOVE STOP TO {pick(MOVES)}"]
    rules += [f"WHEN best >= 0.5R THEN MOVE STOP TO {pick(MOVES)}"]
    side, level = r.choice([("BUY", "close > highest(3)[1]"), ("SELL", "close < lowest(3)[1]")])
    text = f"PLAN p TRADE red ON {case.world.finest}\nWHEN {level} THEN {side} RISK 0.5% STOP {pick(STOPS)}\n"
    text += "\n".join(rules) + "\n"
    checked = check_source(Source("managed", text), catalog(), case.world.facts, Graph())
    assert checked.ok, render_text(checked.diagnostics)
    return replace(case, text=text, plans=checked.plans, guards=())


@pytest.mark.parametrize("seed", range(40))
def test_managed_plans_are_run_alike(seed: int) -> None:
    case = managed(Random(f"managed {seed}"))
    assert run_differences(case, INTERPRETED, (1, 7, 4096)[seed % 3]) == [], case.text


OWN = (
    "WHEN close < at_entry(close) AND (profit > 0 * atr) FOR 2 bars THEN CLOSE 25%\n"
    "WHEN abs(close - at_entry(close)) > 0.3 * at_entry(atr(3)) THEN CLOSE 25%\n"
)
"""Rules whose programs keep something for their plan, so that they are no other plan's."""


@pytest.mark.parametrize("seed", range(8))
def test_equal_plans_share_their_programs_and_nothing_else(seed: int) -> None:
    case = managed(Random(f"equal {seed}"))
    later = case.text.replace("highest(3)", "highest(5)").replace("lowest(3)", "lowest(5)")
    texts = [case.text + OWN, case.text, later + OWN, later]
    text = "".join(t.replace("PLAN p", f"PLAN p{i}") for i, t in enumerate(texts))
    plans = check_source(Source("equal", text), catalog(), case.world.facts, Graph()).plans
    assert len(plans) == 4
    several = replace(case, text=text, plans=plans, netting=False)
    assert run_differences(several, INTERPRETED, (1, 7, 4096)[seed % 3]) == [], text


def test_equal_rules_are_written_once() -> None:
    case = managed(Random("equal 1"))
    text = "".join(case.text.replace("PLAN p", f"PLAN p{i}") for i in range(9))
    plans = check_source(Source("equal", text), catalog(), case.world.facts, Graph()).plans
    market = [traded_market(case.world.dataset.profile(plans[0].market))]
    one, two, nine = (len(build_program(plans[:n], (), market, account_of(case)).k) for n in (1, 2, 9))
    # each further plan adds its records and no program
    assert nine - two == 7 * (two - one)
    assert two - one < 0.6 * one


def test_the_random_plans_do_what_they_are_for() -> None:
    """Over the seeds every sort of thing happens, so that agreement says something."""
    happened: set[str] = set()
    spoken: set[object] = set()
    for seed in range(40):
        case = managed(Random(f"managed {seed}"))
        run = fast(case.plans, (), case.world.dataset, account_of(case), INTERPRETED, 4096)
        happened |= {str(row[3]) for row in run.fills} | {f"{row[2]} {row[3]}" for row in run.decisions}
        spoken |= {row[-1][3:] for row in run.decisions if isinstance(row[-1], tuple)}
    assert len(spoken) > 3, f"few exits spoke, by kind and timeframe: {spoken}"
    assert {"entry", "add", "close", "stop", "stop sent"} <= happened, sorted(happened)


@pytest.mark.parametrize("seed", range(40))
def test_no_stop_is_loosened_and_no_size_is_beyond_its_maximum(seed: int) -> None:
    case = managed(Random(f"managed {seed}"))
    account, dataset = account_of(case), case.world.dataset
    recording = run_backtest(case.plans, (), dataset, catalog(), account, kernels=INTERPRETED)
    side = case.plans[0].side
    most = max(float(found) for found in re.findall(r"(?:maximum=|0\.25, )([\d.]+)", case.text))
    stops: dict[int, float] = {}
    first: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for event in recording.events():
        if isinstance(event, Decision) and (event.about, event.outcome) == ("stop", "sent"):
            before = stops.get(event.position)
            assert before is None or side * (event.price - before) > 0, f"from {before} to {event.price}"
            stops[event.position] = event.price
        elif isinstance(event, Fill) and event.reason == "entry":
            first[event.position] = sizes[event.position] = event.units
        elif isinstance(event, Fill):
            sizes[event.position] += event.units if event.reason == "add" else -event.units
            assert 0 <= sizes[event.position] <= most * first[event.position] + 1e-6


def test_compiled_kernels_run_them_alike() -> None:
    compiled = Kernels("compiled")
    for seed in (1, 2, 3):
        case = managed(Random(f"managed {seed}"))
        assert run_differences(case, compiled, 64) == [], case.text
