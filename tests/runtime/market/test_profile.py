"""Profiles: what ships is right, and a wrong one is told with file, key, value and what is allowed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tradeplan.runtime.market.errors import ProfileError
from tradeplan.runtime.market.facts import SHIPPED, load_facts
from tradeplan.runtime.market.profile import currency_unit
from tradeplan.runtime.market.profiles import Profiles, load_profiles, parse_profile

GOOD = (SHIPPED / "eurusd.toml").read_text(encoding="utf-8")


def refused(old: str, new: str) -> str:
    assert old in GOOD
    with pytest.raises(ProfileError) as error:
        parse_profile(GOOD.replace(old, new, 1), "eurusd.toml")
    return str(error.value)


def test_every_market_in_use_is_there() -> None:
    expected = (
        "btc eth ltc xrp eurusd gbpusd usdjpy usdchf audusd usdcad nzdusd eurjpy gbpjpy eurgbp gold us500 us10y vix dxy"
    )
    profiles = load_profiles()
    assert {profile.name for profile in profiles} == set(expected.split())
    assert {profile.name for profile in profiles if not profile.tradable} == {"us10y", "vix", "dxy"}
    assert profiles["xauusd"] is profiles["gold"]
    assert profiles["BTCUSDc"] is profiles["btc"]
    assert profiles["DXY.syn"] is profiles["dxy"]


def test_values_of_one_profile() -> None:
    profile = load_profiles()["usdjpy"]
    assert (profile.base_currency, profile.profit_currency) == ("USD", "JPY")
    assert (profile.digits, profile.point, profile.pip, profile.contract_size) == (3, 0.001, 0.01, 100_000)
    assert profile.margin_rate == pytest.approx(1 / 30)
    assert profile.max_signal_age_ms == 120_000
    # 21:30 UTC is in the hour of the roll-over: 30 points.
    assert profile.spread_price(21 * 3_600_000 + 1_800_000) == pytest.approx(0.030)
    assert profile.spread_price(24 * 3_600_000 + 9 * 3_600_000) == pytest.approx(0.007), "next day, 09:00"


def test_spread_of_24_numbers_and_of_ranges_are_the_same() -> None:
    ranges = parse_profile(GOOD, "a")
    line = next(line for line in GOOD.splitlines() if line.startswith("by_hour"))
    numbers = parse_profile(GOOD.replace(line, f"by_hour = {list(ranges.spread.by_hour)}"), "a")
    assert numbers.spread.by_hour == ranges.spread.by_hour
    assert ranges.spread.by_hour[:2] == (9, 9)
    assert ranges.spread.by_hour[21:] == (25, 25, 9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lot_min = 0.01", "lot_min = -1", "eurusd.toml: `lot_min` is `-1`: expected a number above 0"),
        ("digits = 5", 'digits = "5"', "eurusd.toml: `digits` is `5`: expected a whole number"),
        ("digits = 5", "digits = 12", "eurusd.toml: `digits` is `12`: expected a number of at most 8"),
        ("lot_step", "lot_stp", "eurusd.toml: unknown key `lot_stp`: did you mean `lot_step`?"),
        ("slippage = 1", "slipage = 1", "eurusd.toml: unknown key `costs.slipage`: did you mean `slippage`?"),
        (
            'mode = "points"',
            'mode = "pips"',
            "`swap.mode` is `pips`: expected one of `points`, `money`, `percent` or `none`",
        ),
        ('profit_currency = "USD"', 'profit_currency = "usd"', "expected a currency code in capitals"),
        ('"00:00 UTC"', '"24:00 UTC"', "`day_boundary` is `24:00 UTC`: expected a wall-clock time and an IANA zone"),
        ('"00:00 UTC"', '"00:00 Moon/Base"', "unknown time zone `Moon/Base`"),
        (
            'zone = "America/New_York"',
            'zone = "New York"',
            "`sessions.zone` is `New York`: unknown time zone `New York`",
        ),
        (
            'sunday = ["17:00-24:00"]',
            'sunday = ["17:00-09:00"]',
            "expected a span within one day such as `09:30-16:00`",
        ),
        ('"06-20" = 6', '"05-20" = 6', "hour 05 is given twice"),
        ('"06-20" = 6', '"07-20" = 6', "no spread for hour 06"),
        ("leverage = 30", "", "`margin`: expected either `leverage` (such as 30) or `rate`"),
        ("lot_min = 0.01", "lot_min = 0.015", "`lot_min` is not a whole number of `lot_step` (0.015 against 0.01)"),
        ("point = 0.00001", "point = 0.0001", "`point` is 0.0001, but 5 digits make it 1e-05"),
        ('names = ["eurusd", "eurusdc"]', 'names = ["EURUSD"]', "`EURUSD` cannot be written in a plan"),
        ('names = ["eurusd", "eurusdc"]', "names = []", "`names` is `[]`: expected 1 values or more"),
        ("contract_size = 100000\n", "", "`contract_size` is missing"),
        ('"2m"', '"2 minutes"', "expected a duration such as `90s`, `2m` or `1h`"),
        ("pip = 0.0001", "pip = nan", "`pip` is `nan`: expected a"),
        ("digits = 5", "digits = = 5", "eurusd.toml: not valid TOML: "),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(old: str, new: str, message: str) -> None:
    assert message in refused(old, new)


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    text = refused("lot_min = 0.01\nlot_step = 0.01", "lot_min = 0\nlot_stp = 0.01")
    assert text.count("eurusd.toml: ") == 3  # lot_min, the unknown key, the missing one


def test_two_profiles_cannot_share_a_name() -> None:
    one = parse_profile(GOOD, "a")
    other = one.model_copy(update={"names": ("euro", "eurusd"), "symbols": ("E",)})
    with pytest.raises(ProfileError, match=r"`eurusd` is claimed by `eurusd` and by `euro`"):
        Profiles([one, other])


def test_an_unknown_market_gets_the_nearest_name() -> None:
    with pytest.raises(ProfileError, match=r"no profile for market `eurusdd`: did you mean `eurusd`"):
        load_profiles()["eurusdd"]


def test_a_folder_of_ones_own_takes_the_place_of_what_ships(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        GOOD.replace("contract_size = 100000", "contract_size = 1000"), encoding="utf-8"
    )
    assert load_profiles(tmp_path)["eurusd"].contract_size == 1_000
    assert load_facts(tmp_path).get("eurusd").contract_size == 1_000
    assert len(load_profiles(tmp_path)) == len(load_profiles())


def test_cent_accounts() -> None:
    assert currency_unit("USC") == ("USD", 100.0)
    assert currency_unit("JPY") == ("JPY", 1.0)
    assert load_profiles().with_account("USC")["gold"].account_currency == "USC"


def test_facts_are_those_of_the_profiles() -> None:
    facts = load_facts(timeframes={"btc": ("M1", "H1")})
    for profile in load_profiles():
        fact = facts.get(profile.name)
        assert fact is not None
        assert fact.names == profile.names
        assert (fact.digits, fact.point, fact.pip) == (profile.digits, profile.point, profile.pip)
        assert fact.contract_size == profile.contract_size
        assert (fact.lot_min, fact.lot_step, fact.lot_max) == (profile.lot_min, profile.lot_step, profile.lot_max)
        assert (fact.quote_currency, fact.account_currency) == (profile.profit_currency, profile.account_currency)
        assert fact.tradable == profile.tradable
    assert facts.get("btc").timeframes == ("M1", "H1")
    assert facts.get("gold").timeframes == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lot_min = 0.01", "lot_min = true", "mine.toml: `lot_min` is `True`: expected a number above 0"),
        ("digits = 5", "digits = 5.0", "mine.toml: `digits` is `5.0`: expected a whole number from 0 to 8"),
        (
            'names = ["eurusd", "eurusdc"]',
            'names = "eurusd"',
            "mine.toml: `names` is `eurusd`: expected a list of names",
        ),
        ('profit_currency = "USD"', "", "mine.toml: `profit_currency` is `None`: expected a text such as `USD`"),
        ("digits = 5", "digits 5", "mine.toml: not valid TOML"),
    ],
)
def test_facts_of_a_wrong_file_say_what_is_wrong(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ProfileError) as error:
        load_facts(tmp_path)
    assert message in str(error.value)


def test_facts_need_neither_pydantic_nor_numpy() -> None:
    code = (
        "import sys; from tradeplan.runtime.market.facts import load_facts; load_facts(); "
        "print([m for m in ('pydantic', 'numpy', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_environment_names_profiles_for_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = (SHIPPED / "eurusd.toml").read_text(encoding="utf-8")
    for name, suffix, lot in (("own", ".m", "0.1"), ("given", ".x", "0.2")):
        (tmp_path / name).mkdir()
        text = re.sub("(?m)^symbols = .*$", f'symbols = ["EURUSD{suffix}"]', shipped)
        text = re.sub("(?m)^lot_min = .*$", f"lot_min = {lot}", text)
        (tmp_path / name / "eurusd.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("TRADEPLAN_PROFILES", str(tmp_path / "own"))
    facts = load_facts().get("eurusd")
    assert facts is not None
    assert (load_profiles()["eurusd"].symbols, facts.lot_min) == (("EURUSD.m",), 0.1)
    assert load_profiles(tmp_path / "given")["eurusd"].symbols == ("EURUSD.x",), "what is given goes before it"
    monkeypatch.setenv("TRADEPLAN_PROFILES", str(tmp_path / "nowhere"))
    with pytest.raises(ProfileError, match=r"TRADEPLAN_PROFILES names `.*nowhere`, which is not a folder"):
        load_facts()
