"""The numbers of a profile that management reads: bounded, told when wrong, and each of them decides something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import ProfileError
from tradeplan.runtime.market.facts import SHIPPED, load_facts
from tradeplan.runtime.market.profiles import Profiles, load_profiles, parse_profile
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.settings import SETTINGS

from tests.scenarios.run import World, by_order_loop, functions, profile_of

GOOD = (SHIPPED / "eurusd.toml").read_text(encoding="utf-8")
CENTS = "EURUSD GBPUSD USDJPY USDCHF AUDUSD USDCAD NZDUSD EURJPY GBPJPY EURGBP BTCUSD XAUUSD"
FIRST = 1_704_153_600_000  # 2024-01-02 00:00 UTC
FLAT = 100
BUY = "PLAN p TRADE x ON M1\nWHEN time = 01:40 THEN BUY 4 lots STOP {stop}\nWHEN {rule}\n"


def decisions(key: str, value: float, plan: str, closes: list[float], volumes: list[float] | None = None) -> list[str]:
    """What a plan does on 100 flat bars with an ATR of 1 and then on these, each half a point beyond its ends.

    The entry fills at 100.00 on the open of the first of them.
    """
    section, name = key.split(".")
    profiles = Profiles([profile_of("x", {section: {name: value}})])
    close = np.array([100.0] * FLAT + closes)
    opened = np.concatenate(([100.0], close[:-1]))
    n = len(close)
    rates = Rates(
        time=FIRST + 60_000 * np.arange(n, dtype=np.int64),
        open=opened,
        high=np.maximum(opened, close) + 0.5,
        low=np.minimum(opened, close) - 0.5,
        close=close,
        tick_volume=np.array(volumes) if volumes else np.ones(n),
        spread=np.zeros(n, dtype=np.int32),
        real_volume=np.zeros(n),
    )
    dataset = Dataset.from_rates({("x", "M1"): rates}, profiles)
    checked = check_source(Source("t", plan), functions(), profiles.facts(), Graph())
    assert checked.ok, checked.diagnostics
    world = World(dataset, checked.plans, checked.guards, AccountConfig(record_moves=True), {"p": 0.1})
    return by_order_loop(world, 4096)


def guarded(condition: str) -> str:
    """A trade that only a guard ends."""
    return BUY.format(stop="100 pips", rule="held > 10h THEN CLOSE") + f"GUARD g\nWHEN {condition} THEN FLATTEN\n"


def buys(rule: str, stop: str = "50 pips") -> str:
    return BUY.format(stop=stop, rule=rule)


# key: a value at which the plan does something else than at the default; the rule; closes; tick volumes
CASES: dict[str, tuple[float, str, list[float], list[float] | None]] = {
    # the close of 98.50 is 1.00 below the lows (99.50) with an ATR of 1 + 1.50 / 14: a strength of 0.90
    "exits.structure_break": (1.5, buys("exit_signal >= high THEN CLOSE"), [98.5, 98.5, 98.5], None),
    # 0.4 down within the range: a loss of 0.28 momentum
    "exits.momentum_loss": (0.25, buys("exit_signal >= medium THEN CLOSE"), [99.6] * 3, None),
    # five quiet bars beside fifteen usual ones: 60 % of the volume is gone
    "exits.volume_decline": (0.9, buys("exit_signal >= medium THEN CLOSE"), [100.0] * 8, [10.0] * FLAT + [4.0] * 8),
    # 5.00 is the first distance to the stop: 8 up is 1.6R
    "exits.profit": (1.5, buys("profit_exit >= 1 THEN CLOSE"), [108.0] * 3, None),
    "exits.hours": (0.25, buys("time_exit(scalp=1h) >= 1 THEN CLOSE"), [100.0] * 20, None),
    # an ATR of 1: the stop lies at 98.00, or at 97.00
    "stops.atr": (3.0, buys("held > 1h THEN CLOSE", "atr_stop"), [98.2, 98.2], None),
    # the lowest low less 0.1 % is 99.40, but 1.5 ATRs below the close is 98.50, and half an ATR is nearer
    "stops.structure": (0.5, buys("held > 1h THEN CLOSE", "structure_stop"), [99.8, 99.8], None),
    "stops.trail": (2.0, buys("best >= 20 pips THEN MOVE STOP TO trail"), [103.0, 103.0], None),
    # a push of 3 ATRs: there is room for a quarter only above the first size
    "scaling.maximum": (1.25, buys("scale_in.ready THEN ADD 25%"), [103.0, 103.0, 103.0], None),
    "scaling.step": (0.6, buys("scale_in.ready THEN ADD 25%\nWHEN best >= 1 pip THEN CLOSE 50%"), [103.0] * 4, None),
    # after half is closed there is room; 1.2 up over an ATR of 1 + 1.2 / 14: a push of 0.77
    "scaling.threshold": (
        0.9,
        buys("scale_in.ready THEN ADD 25%\nWHEN best >= 1 pip THEN CLOSE 50%"),
        [101.2] * 4,
        None,
    ),
    # 3 down costs 12 of the 10,000: 0.12%
    "breakers.drawdown": (0.001, guarded("account.drawdown(day) >= x.drawdown_limit"), [99.0, 97.0, 97.0], None),
    # 2 down costs 8
    "breakers.loss": (5.0, guarded("account.loss(day) >= x.loss_limit"), [99.0, 98.0, 98.0], None),
    # a return of 2 % among nineteen of 0: a deviation of 0.02 * sqrt(0.05 * 0.95) = 0.0044
    "breakers.volatility": (0.004, guarded("x.M1.volatility(20) >= x.volatility_limit"), [98.0, 98.0, 98.0], None),
}


@pytest.mark.parametrize("key", CASES)
def test_each_number_decides(key: str) -> None:
    other, plan, closes, volumes = CASES[key]
    usual = decisions(key, SETTINGS[key].default, plan, closes, volumes)
    assert usual[0].startswith("01-02 01:40 p entry 4.00 lots at 100.00")
    assert decisions(key, other, plan, closes, volumes) != usual


def test_every_number_is_tested() -> None:
    assert set(CASES) == set(SETTINGS)


def test_what_ships_is_what_the_requirements_say() -> None:
    usual = {key: setting.default for key, setting in SETTINGS.items()}
    assert (usual["exits.structure_break"], usual["exits.momentum_loss"], usual["exits.volume_decline"]) == (
        0.7,
        0.6,
        0.5,
    )
    assert (usual["stops.atr"], usual["stops.structure"], usual["stops.trail"]) == (2.0, 1.5, 1.0)
    assert (usual["scaling.maximum"], usual["scaling.step"], usual["scaling.threshold"]) == (1.0, 0.25, 0.7)
    assert (usual["breakers.drawdown"], usual["breakers.loss"], usual["breakers.volatility"]) == (0.05, 1000.0, 0.02)
    profiles, facts = load_profiles(), load_facts()
    for profile in profiles:
        text = (SHIPPED / f"{profile.name}.toml").read_text(encoding="utf-8")
        assert all(f"[{section}]" in text for section in ("exits", "stops", "scaling", "breakers"))
        assert profile.settings == usual
        market = facts.get(profile.name)
        assert market is not None
        assert dict(market.settings) == usual
    for name in CENTS.split():
        assert profiles[f"{name}c"] is profiles[name]
        assert facts.get(f"{name}c".lower()) is facts.get(profiles[name].name)
    assert all(name in profiles for name in ("dxy", "us500", "us10y", "vix"))


@pytest.mark.parametrize("key", SETTINGS)
def test_a_number_out_of_its_range_is_told_with_file_key_and_range(key: str, tmp_path: Path) -> None:
    setting = SETTINGS[key]
    section, name = key.split(".")
    for wrong in (setting.low - 0.0001 - setting.low / 2, setting.high * 2 + 1):
        text = GOOD.partition("[exits]")[0] + f"[{section}]\n{name} = {wrong}\n"
        with pytest.raises(ProfileError) as error:
            parse_profile(text, "mine.toml")
        expected = f"mine.toml: `{key}` is `{wrong}`: expected a number from {setting.low:g} to {setting.high:g}"
        assert str(error.value) == expected
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ProfileError) as again:
            load_facts(tmp_path)
        assert str(again.value) == expected, "the checker and the runtime say the same"


def test_a_section_that_is_not_there_has_its_defaults() -> None:
    profile = parse_profile(GOOD.partition("[exits]")[0], "mine.toml")
    assert profile.settings == {key: setting.default for key, setting in SETTINGS.items()}


def test_an_unknown_key_is_told() -> None:
    with pytest.raises(ProfileError, match=r"unknown key `exits\.structure`"):
        parse_profile(GOOD.replace("structure_break = 0.7", "structure = 0.7"), "mine.toml")


@pytest.mark.parametrize(
    ("key", "value", "number"),
    [
        ("drawdown", 0.07, 7.0),  # 0.07 * 100 is 7.000000000000001
        ("volatility", 0.0003, 0.03),
        ("loss", 1e12, 1e12),  # Python writes it with an exponent
        ("loss", 1234567.123456789, 1234567.123456789),
    ],
)
def test_a_limit_of_the_profile_is_that_number(key: str, value: float, number: float) -> None:
    profiles = Profiles([profile_of("x", {"breakers": {key: value}})])
    reading = "account.loss(day)" if key == "loss" else "account.drawdown(day)"
    text = f"GUARD g\nWHEN {reading} >= x.{key}_limit THEN HALT\n"
    checked = check_source(Source("t", text), functions(), profiles.facts(), Graph())
    assert checked.ok, [d.message for d in checked.diagnostics]
    assert checked.guards[0].rules[0].condition.inputs[1].data == (number,)
