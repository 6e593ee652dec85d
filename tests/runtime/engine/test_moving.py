"""A position goes on under another version of its plan: what it is stays, the rules are the new ones."""

from __future__ import annotations

import pytest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Decision, Event, Fill
from tradeplan.runtime.engine.may_move import obstacle
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import ACCOUNT, MINUTE, START, checked, dataset_of, ramp, walk

ENTRY = "PLAN p\nTRADE btc ON M1\nWHEN time = 00:10 THEN BUY 0.4 lots STOP 500 pips"
"""One up a minute: it fills at the open of 00:10, at 10,009 + 12 of spread + 2 of slippage; its stop is far away."""


def play(before: str, after: str, minutes: int = 120, move_at: int = 30) -> tuple[list[Event], list[Event]]:
    """What happens before and after the move."""
    (old,), _, graph = checked(before)
    (new,), _, _ = checked(after, graph=graph)
    engine = Engine(dataset_of(ramp(minutes)), ACCOUNT, catalog(), START, START + minutes * MINUTE)
    engine.activate([old], [])
    told = engine.advance(START + move_at * MINUTE)
    assert engine.standing is not None
    assert obstacle(engine.standing, new) is None
    position = engine.positions()
    engine.activate([new], [], {"p"})
    assert engine.positions() == position, "nothing of it has changed"
    return told, engine.advance(START + minutes * MINUTE)


def minute(event: Event) -> int:
    return (event.time - START) // MINUTE


def fills(events: list[Event]) -> list[tuple[int, str, int]]:
    return [(minute(e), e.reason, e.units) for e in events if isinstance(e, Fill)]


def test_the_new_rules_manage_it_and_held_counts_from_its_fill() -> None:
    """It fills at the open of 00:10; held > 60m is first TRUE at 01:11, and the exit fills at that open."""
    told, after = play(ENTRY, ENTRY + "\nWHEN held > 60m THEN CLOSE")
    assert fills(told) == [(10, "entry", 40)]
    assert fills(after) == [(71, "close", 40)]


def test_a_rule_that_stays_is_not_used_up_again_and_one_that_is_new_is_not_used_up() -> None:
    """Half of 40 at 00:21; the rule stays, at another place, and a quarter of 40 comes with the move after 00:30."""
    half = "\nWHEN held > 10m THEN CLOSE 50%"
    told, after = play(ENTRY + half, ENTRY + "\nWHEN held > 15m THEN CLOSE 25%" + half)
    assert fills(told) == [(10, "entry", 40), (21, "close", 20)]
    assert fills(after) == [(31, "close", 10)]


def test_an_add_that_was_made_stays_made_and_legs_keep_their_numbers() -> None:
    """An ADD of 20 made leg 1; the version without TAKE or that rule, with another ADD, makes leg 2 of it."""
    add, other = "\nWHEN held > 5m THEN ADD 50%", "\nWHEN held > 40m THEN ADD 25%"
    told, after = play(ENTRY + add, ENTRY + other)
    legs = [(e.leg, e.reason, e.units) for e in (*told, *after) if isinstance(e, Fill)]
    assert legs == [(0, "entry", 40), (1, "add", 20), (2, "add", 10)]


@pytest.mark.parametrize(("action", "lots"), [("CLOSE 50%", 0.2), ("ADD 25%", 0.5)])
def test_a_position_has_the_lots_that_it_holds_and_not_those_of_its_entry(action: str, lots: float) -> None:
    """Of 0.4 lots half is closed, or a quarter of them is added."""
    (plan,), _, _ = checked(f"{ENTRY}\nWHEN held > 10m THEN {action}")
    engine = Engine(dataset_of(ramp(60)), ACCOUNT, catalog(), START, START + 60 * MINUTE)
    engine.activate([plan], [])
    engine.advance(START + 15 * MINUTE)
    assert [p.lots for p in engine.positions()] == [0.4]
    engine.advance(START + 30 * MINUTE)
    assert [p.lots for p in engine.positions()] == [lots]


def test_takes_of_the_version_that_opened_it_stay() -> None:
    taken = ENTRY + " TARGET 90 pips TAKE 50% AT 50 pips"
    _, after = play(taken, ENTRY + "\nWHEN held > 4h THEN CLOSE")
    # one up a minute: the high of a bar is 5 above its close, from 10,023 the levels are 10,073 and 10,113
    assert [(e.leg, e.reason, e.price) for e in after if isinstance(e, Fill)] == [
        (0, "take", 10_073.0),
        (1, "target", 10_113.0),
    ]


def test_at_entry_keeps_what_was_noted_and_refuses_what_was_not() -> None:
    reads = "\nWHEN close > at_entry(close) + 40 pips THEN CLOSE"
    (old,), _, graph = checked(ENTRY + reads)
    (same,), _, _ = checked(ENTRY + reads + "\nWHEN held > 9h THEN CLOSE", graph=graph)
    (other,), _, _ = checked(ENTRY + "\nWHEN close > at_entry(open) + 40 pips THEN CLOSE", graph=graph)
    engine = Engine(dataset_of(ramp(120)), ACCOUNT, catalog(), START, START + 120 * MINUTE)
    engine.activate([old], [])
    engine.advance(START + 30 * MINUTE)
    assert engine.standing is not None
    assert "at_entry" in str(obstacle(engine.standing, other))
    assert obstacle(engine.standing, same) is None
    engine.activate([same], [], {"p"})
    # the close of 00:10 is 10,009: above 10,049 it is first at the close of 00:51, 10,050
    assert fills(engine.advance(START + 120 * MINUTE)) == [(51, "close", 40)]


@pytest.mark.parametrize(("window", "at"), [("20m", 44), ("30m", 54)])
def test_a_span_of_a_rule_that_stays_goes_on(window: str, at: int) -> None:
    """The close is above 10,023 from 00:25 on (10,024): for 20 steps at 00:44, though it was moved at 00:30."""
    rule = f"\nWHEN profit > 0 pips FOR {window} THEN CLOSE"
    _, after = play(ENTRY + rule, ENTRY + "\nWHEN held > 9h THEN CLOSE" + rule)
    assert [e[0] for e in fills(after)] == [at]


def test_a_span_of_a_rule_that_is_new_begins_with_the_move() -> None:
    """Steps 00:31 to 00:50 are the first twenty that it sees."""
    _, after = play(ENTRY, ENTRY + "\nWHEN profit > 0 pips FOR 20m THEN CLOSE")
    assert [e[0] for e in fills(after)] == [50]


def test_moving_to_a_version_with_the_same_management_changes_nothing() -> None:
    """Only the entry differs, and no entry comes any more: the same events as without a move."""
    managed = (
        "\nWHEN best >= 20 pips THEN MOVE STOP TO trail(15 pips)\nWHEN held > 3m THEN ADD 50%"
        "\nWHEN rsi(14) > 60 THEN CLOSE 25%\nWHEN profit > 30 pips FOR 5m THEN CLOSE"
    )
    other = managed.replace("rsi(14) > 60", "rsi(14)   >  60.0")
    for seed in range(6):
        data, end = dataset_of(walk(400, seed)), START + 400 * MINUTE
        (old,), _, graph = checked(ENTRY + managed)
        (new,), _, _ = checked(ENTRY.replace("00:10", "00:09") + other, graph=graph)
        runs = []
        for move in (False, True):
            engine = Engine(data, ACCOUNT, catalog(), START, end)
            engine.activate([old], [])
            told: list[Event] = []
            for m in range(1, 401):
                told += engine.advance(START + m * MINUTE)
                if move and m == 30 and engine.busy("p"):
                    assert engine.standing is not None
                    if obstacle(engine.standing, new) is None:
                        engine.activate([new], [], {"p"})
            runs.append([e for e in told if not (isinstance(e, Decision) and e.about == "entry")])
        assert runs[0] == runs[1]
        assert len(runs[0]) > 3


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (ENTRY.replace("btc", "gold"), "holds btc, the new version trades gold"),
        (ENTRY.replace("BUY", "SELL"), "holds a position that buys, the new version sells"),
    ],
)
def test_what_cannot_be_moved_is_refused(after: str, words: str) -> None:
    (old,), _, graph = checked(ENTRY)
    (new,), _, _ = checked(after, graph=graph)
    engine = Engine(dataset_of(ramp(60)), ACCOUNT, catalog(), START, START + 60 * MINUTE)
    engine.activate([old], [])
    engine.advance(START + 5 * MINUTE)
    assert engine.standing is not None
    assert "holds nothing" in str(obstacle(engine.standing, new))
    engine.advance(START + 30 * MINUTE)
    assert words in str(obstacle(engine.standing, new))


@pytest.mark.parametrize(
    ("more", "at", "words"),
    [
        ("\nWHEN held > 10m THEN CLOSE", 20, "is being closed"),
        ("\nWHEN held > 10m THEN CLOSE 50%", 20, "a part of the position"),
        ("\nWHEN held > 10m THEN ADD 50%", 20, "has not filled"),
    ],
)
def test_what_is_on_its_way_is_waited_for(more: str, at: int, words: str) -> None:
    """Decided at the close of 00:21 - the step is 00:21 - and filled at the open that follows."""
    (old,), _, graph = checked(ENTRY + more)
    (new,), _, _ = checked(ENTRY, graph=graph)
    engine = Engine(dataset_of(ramp(60)), ACCOUNT, catalog(), START, START + 60 * MINUTE)
    engine.activate([old], [])
    seen = set()
    for m in range(at - 3, at + 4):
        engine.advance(START + m * MINUTE)
        assert engine.standing is not None
        seen.add(obstacle(engine.standing, new) or "")
    assert any(words in s for s in seen), seen


def test_an_entry_that_waits_is_waited_for() -> None:
    waits = ENTRY.replace("0.4 lots", "0.4 lots AT LIMIT close - 300 pips FOR 5h")
    (old,), _, graph = checked(waits)
    (new,), _, _ = checked(waits + "\nWHEN held > 1h THEN CLOSE", graph=graph)
    engine = Engine(dataset_of(ramp(60)), ACCOUNT, catalog(), START, START + 60 * MINUTE)
    engine.activate([old], [])
    engine.advance(START + 30 * MINUTE)
    assert engine.standing is not None
    assert "has not filled" in str(obstacle(engine.standing, new))
