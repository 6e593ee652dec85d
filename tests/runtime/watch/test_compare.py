"""`plan compare`: a quiet run is its backtest; outages, other bars and other prices are found and told."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.cli.compare import command
from tradeplan.runtime.cli.run import command as run
from tradeplan.runtime.live.instance import Instance
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.watch.compare import Comparison, compare
from tradeplan.runtime.watch.past import PastJournal
from tradeplan.runtime.watch.past import World as Past
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import MINUTE, START, World, dataset_of, walk

TRADES = (
    "PLAN trades\nTRADE btc ON M1\nCOOLDOWN 5m\n"
    "WHEN close CROSSES ABOVE sma(3) THEN BUY 0.1 lots STOP 4000 pips TARGET 3000 pips\nWHEN held >= 15m THEN CLOSE\n"
)
OTHER = TRADES.replace("sma(3)", "sma(5)")


def compared(world: World, dataset: Dataset | None = None) -> Comparison:
    journal = PastJournal(world.database)
    try:
        return compare(journal, Past(dataset or world.dataset, catalog(), load_facts(), Graph()))
    finally:
        journal.close()


def lived(folder: Path, **more: object) -> World:
    world = World(folder, dataset_of(walk(300)))
    world.write("p.plan", TRADES)
    return world


def test_a_quiet_run_is_its_backtest(tmp_path: Path) -> None:
    world = lived(tmp_path)
    world.run(until=100)
    world.run()
    found = compared(world)
    assert found.differences == ()
    assert found.decisions > 20
    assert (found.only_run, found.only_backtest) == (0, 0)
    assert found.fills == sum(s.fills for s in found.slippage) > 10
    assert {s.total for s in found.slippage} == {0.0}


def test_edits_and_halts_by_people_are_no_difference(tmp_path: Path) -> None:
    world = lived(tmp_path)

    def acts(name: str) -> None:
        instance = world.instance
        if name != "stepped" or not isinstance(instance, Instance):
            return
        if instance.status().time == START + 60 * MINUTE:
            instance.halt("trades")
        if instance.status().time == START + 90 * MINUTE:
            instance.resume("trades")

    world.run(edits={150: lambda: world.write("p.plan", OTHER)}, point=acts)
    found = compared(world)
    assert found.differences == ()
    assert found.reached == START + 300 * MINUTE


def test_an_outage_is_found(tmp_path: Path) -> None:
    world = lived(tmp_path)
    world.run(until=100)
    world.run(resume_at=START + 200 * MINUTE)
    found = compared(world)
    first = found.differences[0]
    # a position was open when the program went away; its close, due meanwhile, could be made only at minute 200
    assert START + 100 * MINUTE < first.time <= START + 201 * MINUTE
    assert (first.about, first.run, first.backtest) == ("entry", "closing", "sent")
    assert all(d.time > START + 100 * MINUTE for d in found.differences)
    assert found.only_backtest > 0


def test_slippage_is_in_points_against_the_trader(tmp_path: Path) -> None:
    world = lived(tmp_path)
    world.run()
    point = load_profiles()["btc"].point
    with closing(sqlite3.connect(world.database)) as db, db:
        (entries,) = db.execute("select count(*) from fill where reason = 'entry'").fetchone()
        # bought 4 points dearer, sold 3 points cheaper, one target 2 points better
        db.execute("update fill set price = price + ? where reason = 'entry'", [4 * point])
        db.execute("update fill set price = price - ? where reason = 'close'", [3 * point])
        db.execute("update fill set price = price + ? where reason = 'target'", [2 * point])
    found = {s.reason: s for s in compared(world).slippage}
    assert (found["entry"].fills, found["entry"].mean, found["entry"].total) == (entries, 4.0, 4.0 * entries)
    assert found["close"].mean == found["close"].worst == 3.0
    assert "target" not in found or found["target"].mean == -2.0
    assert compared(world).differences == ()


def test_other_bars_are_found(tmp_path: Path) -> None:
    world = lived(tmp_path)
    world.run()
    closes = walk(300)
    closes[150:] += np.where(np.arange(150) % 7 < 3, 60.0, 0.0)
    found = compared(world, dataset_of(closes))
    assert found.differences
    assert all(d.time > START + 150 * MINUTE for d in found.differences)


def test_the_command_tells_and_its_exit_code_says(tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    (plans / "p.plan").write_text(TRADES, encoding="utf-8")
    database = tmp_path / "run.db"
    told = CliRunner().invoke(run, [str(plans), "--db", str(database), "--days", "1", "--once"])
    assert told.exit_code == 0, told.output
    same = CliRunner().invoke(command, ["--db", str(database)])
    assert same.exit_code == 0, same.output
    assert "all decisions are those of the backtest" in same.output
    with closing(sqlite3.connect(database)) as db, db:
        db.execute(
            "delete from decision where rowid ="
            " (select min(rowid) from decision where action = 'entry' and outcome = 'sent')"
        )
    differs = CliRunner().invoke(command, ["--db", str(database)])
    assert differs.exit_code == 1
    assert "1 differ from the backtest" in differs.output
    body = json.loads(CliRunner().invoke(command, ["--db", str(database), "--format", "json"]).output)
    assert [(d["run"], d["backtest"]) for d in body["differences"]] == [(None, "sent")]
    none = CliRunner().invoke(command, ["--db", str(tmp_path / "no.db")])
    assert none.exit_code == 2
    assert "there is no database" in none.output
