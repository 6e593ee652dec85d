"""Tickets and retcodes: each fill names its deal, each order its ticket and the broker's answer; replays find them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tradeplan.runtime.broker.answers import MOST, Answers
from tradeplan.runtime.broker.retcodes import Verdict
from tradeplan.runtime.broker.sending import Sent
from tradeplan.runtime.store.checks import verify
from tradeplan.runtime.store.upgrade import rollback_file, upgrade_file

from tests.runtime.broker.test_trading import BUSY
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.test_books import ask
from tests.runtime.live.world import MINUTE, START, walk

BARS = 400
DONE = (10_008, 10_009)
PLAN = BUSY.replace("held > 40m", "held > 6m")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> BrokerWorld:
    world = BrokerWorld(tmp_path_factory.mktemp("lived"), walk(BARS))
    world.write(PLAN)
    world.run()
    return world


def answered(world: BrokerWorld) -> list[dict[str, Any]]:
    """The journalled answers."""
    return [json.loads(body) for (body,) in ask(world.database, "select body from event where kind = 'answered'")]


def minute_with_a_position(world: BrokerWorld) -> int:
    """The minute after a position was opened that was held for five."""
    rows = ask(world.database, "select opened from trade where closed - opened > ? order by opened", 4 * MINUTE)
    return int((rows[0][0] - START) // MINUTE) + 2


def test_every_fill_names_the_deal_and_the_order_of_the_broker(lived: BrokerWorld) -> None:
    deals = {d.ticket: d for d in lived.server.ledger.deals}
    rows = ask(lived.database, "select deal, ticket, reason, price, lots from fill where reason <> 'swap'")
    assert len(rows) >= 8
    for deal, ticket, _, price, _ in rows:
        assert (deals[deal].order, deals[deal].price) == (ticket, price)
    # a part of a fill is a part of its deal: together they are all of it
    lots = dict(ask(lived.database, "select deal, sum(lots) from fill where reason <> 'swap' group by deal"))
    assert lots == {ticket: pytest.approx(deals[ticket].volume) for ticket in lots}


def test_every_order_has_the_ticket_and_the_answer_of_the_broker(lived: BrokerWorld) -> None:
    tickets = {o.ticket for o in lived.server.ledger.done} | {d.order for d in lived.server.ledger.deals}
    rows = ask(lived.database, "select about, state, ticket, retcode, answer from orders")
    assert {r[0] for r in rows} >= {"entry", "close", "stop", "add"}
    for about, state, ticket, retcode, answer in rows:
        if about in ("entry", "add", "close") and state in ("filled", "expired"):
            assert retcode in DONE, (about, state, retcode)
            assert ticket in tickets
            assert f"({retcode})" in answer
    told = [body["retcode"] for body in answered(lived)]
    assert [r[0] for r in ask(lived.database, "select retcode from broker_answer order by number")] == told
    sent = [r for r in lived.server.sender.log if r["action"] in (1, 5)]
    assert sum(body["about"] in ("entry", "add", "close") for body in answered(lived)) == len(sent)


def test_a_refusal_is_told_with_its_retcode_and_why(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, walk(BARS))
    world.write(PLAN)
    world.server.faults.add("refuse", "order_send", 0, 1, retcode=10_019)
    world.run()
    first = ask(world.database, "select state, retcode, ticket, answer from orders order by decided limit 1")[0]
    assert first[:2] == ("refused", 10_019)
    assert "(10019)" in first[3]
    assert ask(world.database, "select retcode, intent is null from broker_answer where number = 1") == [(10_019, 0)]


def test_a_run_in_pieces_has_the_same_tickets(lived: BrokerWorld, tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, walk(BARS))
    world.write(PLAN)
    for minutes in (60, 61, 200):
        world.run(until=minutes)
    world.run()
    for table in ("fill", "orders", "broker_answer"):
        assert ask(world.database, f"select * from {table}") == ask(lived.database, f"select * from {table}"), table


@pytest.mark.parametrize("to", ["m0001_run", "m0003_ledger"])
def test_an_upgrade_with_a_position_at_the_broker_loses_and_doubles_nothing(
    lived: BrokerWorld, tmp_path: Path, to: str
) -> None:
    """Back to an older schema and forward again: what that one does not know is found in the journal and by replay."""
    world = BrokerWorld(tmp_path, walk(BARS))
    world.write(PLAN)
    world.run(until=minute_with_a_position(lived))
    held = list(world.server.ledger.positions)
    assert held
    columns = "time, plan, leg, reason, position, price, lots, profit, deal, ticket"
    fills = ask(world.database, f"select {columns} from fill order by 1, 2, 3, 4, 5")
    count, before = len(answered(world)), verify(world.database)
    back = rollback_file(world.database, to)
    assert verify(world.database).problems == ()
    assert back.before == before.rows
    # every row of every table that is left is there, but for the answers, which the older program does not know
    assert back.after == {t: n - count * (t == "event") for t, n in before.rows.items() if t in back.after}
    there = upgrade_file(world.database)
    assert verify(world.database).problems == ()
    assert {t: n for t, n in there.after.items() if t in back.after} == back.after
    assert ask(world.database, f"select {columns} from fill order by 1, 2, 3, 4, 5") == fills
    assert world.server.ledger.positions == held
    world.run()
    assert verify(world.database).problems == ()
    for table in ("fill", "trade"):
        names = columns if table == "fill" else "*"
        assert ask(world.database, f"select {names} from {table} order by 1") == ask(
            lived.database, f"select {names} from {table} order by 1"
        ), table
    assert len(world.server.sender.log) == len(lived.server.sender.log)
    assert world.server.ledger.account.balance == lived.server.ledger.account.balance


def test_the_same_answer_to_the_same_request_is_told_once() -> None:
    answers, later = Answers(), Sent(Verdict.LATER, "market closed (10018)", 10_018)
    for _ in range(5):
        answers.note("p", "level", later, 7, 100.0)
    answers.note("p", "level", Sent(Verdict.LATER, "the terminal was not asked"), 8, 100.0)
    assert [act.body["retcode"] for act in answers.take()] == [10_018]
    answers.note("p", "level", later, 7, 101.0)  # another level
    answers.note("p", "level", Sent(Verdict.DONE, "done (10009)", 10_009, 55), 7, 101.0)
    assert [(act.body["retcode"], act.body["order"]) for act in answers.take()] == [(10_018, 0), (10_009, 55)]
    for number in range(3 * MOST):
        answers.note("p", "close", later, number)
    assert len(answers.take()) == 3 * MOST
    assert len(answers._newest) == MOST
