"""The analysis of a run, read from its database, has the figures of the backtest that it is."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.analysis.analysis import Analysis, analyse
from tradeplan.runtime.analysis.lived import fill_versions, lived_recording, opening_account
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.cli.analyze import command as analyze
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.store.checks import verify
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.figures import keep_figures
from tradeplan.runtime.store.journal import Journal
from tradeplan.runtime.store.snapshot import read_status
from tradeplan.stdlib.registry import catalog

from tests.kill.plans import BREAKERS, BREAKOUT, GUARD, PULLBACK
from tests.runtime.broker.test_trading import BUSY
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.test_commands import _run
from tests.runtime.live.world import ACCOUNT, MINUTE, START, World, checked, dataset_of, walk

SPANS = {"market": "btc", "timeframe": "M1", "hold": "40m", "rest": "20m", "end": "120", "some": "90"}
TEXTS = {
    "pullback.plan": PULLBACK.format(**SPANS),
    "breakdown.plan": BREAKOUT.format(**SPANS),
    "limits.plan": GUARD,
    "breakers.plan": BREAKERS.format(**SPANS),
}
BARS = 3_000  # two days and a bit


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("lived"), dataset_of(walk(BARS)), minutes=BARS)
    for name, text in TEXTS.items():
        made.write(name, text)
    made.run(until=1_000)
    made.run()
    return made


def lived(world: World) -> Analysis:
    plans, _, _ = checked(*(text for name, text in TEXTS.items() if name not in ("limits.plan", "breakers.plan")))
    found = {(p.name, p.version): p for p in plans}
    assert set(fill_versions(world.database)) == set(found)
    ordered = {v: found[v] for v in fill_versions(world.database)}
    return analyse(BacktestResult(lived_recording(world.database, ordered, world.dataset, ACCOUNT, START)))


def test_a_run_has_the_figures_of_the_backtest(world: World) -> None:
    plans, guards, _ = checked(*TEXTS.values())
    end = START + BARS * MINUTE
    expected = analyse(BacktestResult(run_backtest(plans, guards, world.dataset, catalog(), ACCOUNT, START, end)))
    found = lived(world)
    assert found.performance["overall"]["trades"] >= 30
    for part in ("performance", "risk", "periods", "seasonality", "correlation", "windows", "span", "counts"):
        assert getattr(found, part) == getattr(expected, part), part
    for name, tables in expected.clauses.items():
        assert found.clauses[name]["entries"] == tables["entries"]
        assert found.clauses[name]["exits"] == tables["exits"]
    reasons = {c["reason"] for t in found.clauses.values() for r in t["rules"] for c in r["clauses"]}
    assert reasons == {"not counted: a running instance keeps no counts of clauses"}


def test_figures_are_kept_once_under_their_digest(world: World) -> None:
    found = lived(world)
    assert found.digest == lived(world).digest
    kept = keep_figures(world.database, found.as_dict())
    assert kept > 50
    assert keep_figures(world.database, found.as_dict()) == 0
    db = sqlite3.connect(world.database)
    rows = {(s, n): (v, r) for s, n, v, r in db.execute("select scope, name, value, reason from metric")}
    ((inputs,),) = db.execute("select inputs from analysis where digest = ?", [found.digest]).fetchall()
    db.close()
    assert len(rows) == kept
    assert json.loads(inputs) == found.inputs
    overall = found.performance["overall"]
    assert rows["overall", "net"] == (overall["net"], None)
    assert rows["overall", "drawdown_money"] == (overall["drawdown"]["money"], None)
    # two days and a bit: Sharpe needs twenty
    assert rows["overall", "sharpe"] == (None, overall["reasons"]["sharpe"])
    assert rows["risk", "var95"] == (None, found.risk["reasons"]["var95"])


def test_an_edited_plan_is_told_version_by_version(tmp_path: Path) -> None:
    world = World(tmp_path, dataset_of(walk(900)), minutes=900)
    world.write("pullback.plan", TEXTS["pullback.plan"])
    world.run({450: lambda: world.write("pullback.plan", TEXTS["pullback.plan"].replace("0.5%", "0.25%"))})
    versions = fill_versions(world.database)
    assert [name for name, _ in versions] == ["btc_pullback", "btc_pullback"]
    plans, _, graph = checked(TEXTS["pullback.plan"])
    plans += checked(TEXTS["pullback.plan"].replace("0.5%", "0.25%"), graph=graph)[0]
    found = {(p.name, p.version): p for p in plans}
    recording = lived_recording(world.database, {v: found[v] for v in versions}, world.dataset, ACCOUNT, START)
    told = analyse(BacktestResult(recording)).performance
    assert set(told["plans"]) == {f"{name}@{version}" for name, version in versions}
    assert sum(f["trades"] for f in told["plans"].values()) == told["overall"]["trades"]


def test_fills_of_an_older_version_are_asked_for(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "old.db"
    with sqlite3.connect(world.database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        target.execute("update fill set seq = null where rowid = 1")
    source.close()
    target.close()
    with pytest.raises(StoreError, match=r"1 fills of .* start `plan run` with the same command once"):
        fill_versions(copy)


def test_a_run_on_an_account_begins_with_what_was_there(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, walk(300))
    world.server.ledger.account.balance = 25_000.0
    world.write(BUSY)
    world.run()
    journal = Journal(world.database)
    account = opening_account(ACCOUNT, journal.events())
    journal.close()
    assert account.balance == 25_000.0
    whole = verify(world.database)
    assert whole.problems == ()
    assert whole.rows["orders"] == whole.rows["intent"] > 5
    (version,) = fill_versions(world.database)
    plans = {version: checked(BUSY)[0][0]}
    found = analyse(BacktestResult(lived_recording(world.database, plans, world.dataset, account, START)))
    assert found.span["initial_balance"] == 25_000.0
    assert found.span["balance"] == read_status(world.database).balance == world.server.ledger.account.balance
    net = sum(row[0] for row in sqlite3.connect(world.database).execute("select net from trade"))
    assert found.performance["overall"]["net"] == pytest.approx(net) == pytest.approx(found.span["balance"] - 25_000.0)


def test_the_command_finds_the_bars_of_the_run_again(tmp_path: Path) -> None:
    run = _run(tmp_path)
    _, words = run.communicate(timeout=120)
    assert run.returncode == 0, words
    database, out = str(tmp_path / "run.db"), tmp_path / "a.json"
    told = CliRunner().invoke(analyze, ["--db", database, "--json", str(out), "--time"])
    assert told.exit_code == 0, told.output
    assert "plan one" in told.output
    assert "what the rules of one did; filled: " in told.output
    assert "time by function" in told.output
    assert "\norder loop " in told.output
    db = sqlite3.connect(database)
    trades, net = db.execute("select count(*), round(sum(net), 2) from trade_history").fetchone()
    db.close()
    overall = json.loads(out.read_text(encoding="utf-8"))["performance"]["overall"]
    assert overall["trades"] == trades >= 3
    assert overall["win_rate"] is not None
    assert overall["expectancy_money"] * trades == pytest.approx(net)
    both = CliRunner().invoke(analyze, [str(tmp_path / "plans"), "--db", database])
    assert both.exit_code == 2
    assert "one of the two" in both.output
