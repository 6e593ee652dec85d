"""Properties of many plans on one account: money is conserved, sizes are bounded, the worst loss bounds every bar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Decision, Event, Fill, Swap
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profile import Swap as SwapTable
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.profiles import Profiles, load_profiles
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import account_of, as_rows, can_run, compare, fast
from tests.oracle.account_phase import Account
from tests.oracle.adapt import interpret
from tests.oracle.cases import Case, random_case
from tests.oracle.markets import RandomWorld, random_world
from tests.oracle.plans import random_plan
from tests.oracle.portfolio import Portfolio
from tests.scenarios.run import by_order_loop, prepared
from tests.scenarios.scenario import parse_scenario

INTERPRETED = Kernels("interpreted")
RANDOMS = st.one_of(st.randoms(use_true_random=False), st.integers(0, 2**32).map(Random))
many = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@many
@given(RANDOMS)
def test_money_is_conserved_and_sizes_are_bounded(r: Random) -> None:
    case = random_case(r, plans=3)
    if not can_run(case):
        return
    account = account_of(case)
    recording = run_backtest(
        case.plans, case.guards, case.world.dataset, catalog(), account, end=case.world.span[1], kernels=INTERPRETED
    )
    markets = {p.name: case.world.dataset.profile(p.market) for p in case.plans}
    cents = round(account.balance * 100)
    open_units: dict[tuple[str, int, int], int] = defaultdict(int)
    for event in recording.events():
        if isinstance(event, Fill):
            cents += round(event.profit * 100) - round(event.commission * 100)
            profile, leg = markets[event.plan], (event.plan, event.position, event.leg)
            assert event.units > 0
            if event.reason in ("entry", "add"):
                assert event.units <= round(profile.lot_max / profile.lot_step), case.text
                open_units[leg] += event.units
            else:
                open_units[leg] -= event.units
            assert open_units[leg] >= 0, case.text
        elif isinstance(event, Swap):
            cents += round(event.amount * 100)
        elif isinstance(event, Decision) and event.outcome == "limit":
            assert event.limit is not None
            assert event.limit.guard in {g.name for g in case.guards}
    assert round(recording.balance * 100) == cents, case.text


def largest_jump(world: RandomWorld, market: str) -> float:
    """How far, in percent of the lowest price, an open ever lies from the close before, ask and rounding included."""
    bars = world.dataset.bars(market, world.finest)
    assert bars is not None
    tick = world.dataset.profile(market).tick_size
    jump = np.abs(bars.open[1:] - bars.close[:-1])
    spread = np.asarray(bars.spread, dtype=np.float64)
    jump = jump + np.abs(spread[1:] - spread[:-1]) + 3 * tick
    return float(100.0 * jump.max() / bars.low.min())


def quiet_world(r: Random) -> tuple[RandomWorld, Dataset]:
    """A random world whose profits are in the account's currency, without swaps, with gaps within the allowance."""
    world = random_world(r)

    def calm(profile: SymbolProfile) -> SymbolProfile:
        update: dict[str, object] = {"swap": SwapTable(), "profit_currency": "USD"}
        if profile.name in ("red", "blue"):
            update["gap"] = largest_jump(world, profile.name)
        return profile.model_copy(update=update)

    profiles = Profiles(calm(p) for p in world.dataset.profiles())
    keys = [(m, t) for m in world.dataset.markets() for t in world.dataset.timeframes(m)]
    return world, Dataset.from_rates({key: world.dataset.rates(*key) for key in keys}, profiles)


class Watch:
    """Keeps, after every instant, what the next may lose; holds every instant against the one before."""

    def __init__(self, percent: float, text: str) -> None:
        self.percent, self.text = percent, text
        self.before: tuple[int, int, int] | None = None  # equity, worst loss, fills so far
        self.sent = self.looked_at = 0

    def __call__(self, account: Account, time: int) -> None:
        """One instant has ended."""
        writer, now = account.writer, Portfolio(account, time)
        equity, fills = now.equity, len(writer.fills)
        if self.before is not None:
            had, worst, filled = self.before
            assert equity >= had - worst - (fills - filled), self.text
            self.looked_at += worst > 0
        worst = now.worst()
        sent = sum(d.what in ("entry", "add") and d.outcome == "sent" for d in writer.decisions)
        if sent > self.sent:
            assert 100 * worst / equity <= self.percent, self.text
        self.sent, self.before = sent, (equity, worst, fills)


def bounded(r: Random, kind: Callable[[Random], float]) -> Watch:
    """Runs random plans below a limit of the worst loss and holds every bar against it."""
    world, dataset = quiet_world(r)
    percent = kind(r)
    views = {"": "red", "H1.": "red"}
    texts = [random_plan(r, f"p{i}", r.choice(["red", "blue"]), world.finest, views, world.scale) for i in range(3)]
    text = "\n".join([*texts, f"GUARD g\nLIMIT account.worst_loss <= {percent}%\n"])
    checked = check_source(Source("random", text), catalog(), dataset.profiles().facts(), Graph())
    watch = Watch(percent, text)
    case = Case(world, text, checked.plans, checked.guards, (), False, 50.0)
    if checked.plans and can_run(case):
        end = world.span[1]
        traded = [dataset.bars(p.market, world.finest) for p in checked.plans]
        start = min(int(bars.open_time[0]) for bars in traded if bars is not None)
        interpret(checked.plans, checked.guards, dataset, catalog(), start, end, stop_out=50.0, after=watch)
    return watch


@many
@given(RANDOMS)
def test_no_bar_loses_more_than_the_worst_loss(r: Random) -> None:
    bounded(r, lambda r: r.choice([1.0, 3.0, 10.0]))


def test_the_bound_was_put_to_the_test() -> None:
    """The property above is not empty: over fixed seeds there are entries below the limit, and instants at risk."""
    watches = [bounded(Random(seed), lambda r: 10.0) for seed in range(12)]
    assert sum(w.sent for w in watches) > 20
    assert sum(w.looked_at for w in watches) > 500


def test_a_gap_beyond_the_allowance_breaks_the_bound() -> None:
    """The watch itself: with an allowance of 0 and markets that jump, some bar loses more."""
    broken = 0
    for seed in range(40):
        r = Random(seed)
        world = random_world(r)
        profiles = Profiles(
            p.model_copy(update={"gap": 0.0, "swap": SwapTable(), "profit_currency": "USD"})
            for p in world.dataset.profiles()
        )
        keys = [(m, t) for m in world.dataset.markets() for t in world.dataset.timeframes(m)]
        dataset = Dataset.from_rates({key: world.dataset.rates(*key) for key in keys}, profiles)
        text = random_plan(r, "p", "red", world.finest, {"": "red"}, world.scale)
        checked = check_source(Source("random", text), catalog(), profiles.facts(), Graph())
        if not checked.plans:
            continue
        try:
            watch = Watch(float("inf"), text)
            interpret(checked.plans, (), dataset, catalog(), *world.span, stop_out=50.0, after=watch)
        except AssertionError:
            broken += 1
    assert broken > 0


CASES = Path(__file__).resolve().parents[2] / "scenarios" / "cases"


@pytest.mark.parametrize(
    ("name", "key", "other"),
    [
        ("limit_worst_loss", "gap = 2.0", "gap = 0.5"),
        ("limit_exposure_currency", "market y", 'market y\n  profit_currency = "JPY"'),
        ("margin_call", "call = 100", "call = 90"),
        ("limit_of_an_add", "gap = 1.0", "gap = 0.0"),
    ],
)
def test_each_key_of_a_profile_that_is_about_the_account_decides(name: str, key: str, other: str) -> None:
    text = (CASES / f"{name}.scenario").read_text(encoding="utf-8")
    assert key in text
    as_it_is = by_order_loop(prepared(parse_scenario(text, name)), 4096)
    assert by_order_loop(prepared(parse_scenario(text.replace(key, other), name)), 4096) != as_it_is


def test_the_gap_allowance_follows_the_kind_of_market() -> None:
    profiles = load_profiles()
    assert {p.name: p.gap_allowance for p in profiles} == {p.name: p.gap for p in profiles}
    kinds = {name: profiles[name].model_copy(update={"gap": None}).gap_allowance for name in ("eurusd", "gold", "btc")}
    assert kinds == {"eurusd": 1.0, "gold": 3.0, "btc": 10.0}


def test_a_running_engine_reads_and_refuses_as_a_backtest_does() -> None:
    """Instant by instant, and with the set of plans loaded again on the way."""
    refused = 0
    for seed in (0, 2, 7, 9, 21, 25, 31, 40, 41):
        case = random_case(Random(seed), plans=2)
        if not can_run(case) or not any(g.limits for g in case.guards):
            continue
        account, dataset, end = account_of(case), case.world.dataset, case.world.span[1]
        whole = fast(case.plans, case.guards, dataset, account, INTERPRETED, 4096, end)
        bars = [b for p in case.plans if (b := dataset.bars(p.market, case.world.finest)) is not None]
        end = min(end, max(int(b.close_time[-1]) for b in bars))
        engine = Engine(dataset, account, catalog(), min(int(b.open_time[0]) for b in bars), end, INTERPRETED)
        engine.activate(case.plans, case.guards)
        told: list[Event] = []
        for step in range(100_000):
            instant = engine.next_instant()
            if instant is None or instant > end:
                break
            told += engine.advance(instant)
            if step == 60:
                engine.activate(case.plans, case.guards)
        assert compare(whole, as_rows([*told, *engine.advance(end)], account)) == [], case.text
        refused += sum(isinstance(e, Decision) and e.limit is not None for e in told)
    assert refused > 0
