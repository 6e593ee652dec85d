"""A run whose orders a broker fills: `why not` knows the position as the broker made it, `compare` its prices."""

from __future__ import annotations

from pathlib import Path

from tradeplan.dsl.graph import Graph
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.watch.compare import compare
from tradeplan.runtime.watch.metrics import Metrics
from tradeplan.runtime.watch.past import PastJournal, World, live_why_not
from tradeplan.runtime.watch.why_text import why_lines
from tradeplan.stdlib.registry import catalog

from tests.runtime.broker.test_tickets import PLAN
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.test_books import ask
from tests.runtime.live.world import MINUTE, START, ramp, walk

HOLD = (
    "PLAN hold\nTRADE btc ON M1\nWHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips\n"
    "WHEN held > 1h AND profit > 40 pips THEN CLOSE\n"
)


def test_the_position_is_the_brokers_and_its_price_is_compared(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(120))
    world.write(HOLD)
    world.run()
    past = World(world.dataset, catalog(), load_facts(), Graph())
    journal = PastJournal(world.database)
    why = live_why_not(journal, past, "hold", START + 40 * MINUTE)
    assert why.state == "position"
    held, profit = why.rules[1].clauses
    # the broker filled at 10,021 (the ask of 00:10); the bar that closed at minute 40 is number 39, at 10,039
    assert profit.parts[0].value == 18.0
    assert profit.parts[0].threshold == 40 * load_profiles()["btc"].pip
    # the order went out at minute 10 and was filled within that minute
    assert 29 * MINUTE < held.parts[0].value <= 30 * MINUTE
    assert any("profit > 40 pips: FALSE, 18 > 40 fails by 22" in line for line in why_lines(why))

    journal.before = None
    found = compare(journal, past)
    journal.close()
    assert found.differences == ()
    entry = next(s for s in found.slippage if s.reason == "entry")
    # both pay the same spread on the same open, 10,009; the backtest expects the profile's slippage on top, the broker
    # had none: so much better in points
    assert (entry.fills, entry.mean) == (1, -load_profiles()["btc"].costs.slippage)


def test_measures_count_what_the_broker_did(tmp_path: Path) -> None:
    """Fills of a broker come between instants: they are counted with the next one, and none is left out."""
    world = BrokerWorld(tmp_path, walk(400))
    world.write(PLAN)
    metrics = Metrics()
    world.stepped = metrics.count
    world.run()
    lines = metrics.text().splitlines()
    db = world.database

    def shown(name: str) -> dict[str, float]:
        """By label, for measures that have one."""
        rows = [line.rsplit(" ", 1) for line in lines if line.startswith(f"tradeplan_{name}_total{{")]
        return {key.split('"')[1]: float(value) for key, value in rows}

    assert shown("fills") == dict(ask(db, "select reason, count(*) from fill group by reason"))
    assert {"add", "close", "entry", "stop"} <= shown("fills").keys()
    moved = ask(db, "select count(*) from decision where action = 'stop' and outcome = 'sent'")[0][0]
    assert shown("stop_moves") == {"busy": moved}
    kinds = {line.split('"')[1]: float(line.rsplit(" ", 1)[1]) for line in lines if "scalings_total{" in line}
    added = ask(db, "select count(*) from decision where action = 'add' and outcome = 'sent'")[0][0]
    takes = ask(db, "select count(*) from fill where reason = 'take'")[0][0]
    parts = "select count(*) from decision where action = 'close' and rule = 3 and outcome = 'sent'"
    assert kinds == {k: n for k, n in (("add", added), ("take", takes), ("part", ask(db, parts)[0][0])) if n}
    (answers,) = ask(db, "select count(*) from broker_answer")
    assert sum(float(line.rsplit(" ", 1)[1]) for line in lines if "broker_answers_total{" in line) == answers[0]
