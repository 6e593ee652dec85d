"""`why not`: figures against arithmetic, the same live and in a backtest, and against the engine's own counts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.cli.why_not import command
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import OUTCOMES as ALL
from tradeplan.runtime.engine.events import Decision
from tradeplan.runtime.live.instance import Instance
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.watch.past import NoStepError, PastJournal, World, backtest_why_not, live_why_not
from tradeplan.runtime.watch.why_not import WhyNot, why_not
from tradeplan.runtime.watch.why_text import OUTCOMES, why_dict, why_lines
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import ACCOUNT, MINUTE, START, checked, dataset_of, ramp, walk
from tests.runtime.live.world import World as Lives

FUNCTIONS = catalog()


def asked(text: str, minute: int, dataset: Dataset | None = None) -> WhyNot:
    """A plan over the ramp (the bar of minute i closes at 10,000 + i - 1), at the step of a minute."""
    plans, guards, graph = checked(text)
    world = World(dataset or dataset_of(ramp(400)), FUNCTIONS, load_facts(), graph)
    return backtest_why_not(plans, guards, world, ACCOUNT, plans[0].name, START + minute * MINUTE)


def test_value_threshold_and_distance_of_a_failing_part() -> None:
    text = "PLAN p\nTRADE btc ON M1\nWHEN close < sma(20) AND close > 10000 THEN BUY 0.1 lots STOP 40 pips\n"
    why = asked(text, 100)
    # at minute 100 the newest bar is number 99: close 10099; the mean of the last 20 closes is 9.5 lower
    below, above = why.rules[0].clauses
    assert (why.step, why.state, why.rules[0].outcome) == (START + 100 * MINUTE, "armed", "part")
    assert (below.truth, below.lets_pass) == ("FALSE", False)
    (figure,) = below.parts
    assert (figure.value, figure.threshold, figure.sign) == (10_099.0, 10_089.5, "<")
    assert figure.distance == 9.5
    assert above.truth == "TRUE"
    assert above.parts[0].distance == 99.0
    assert "  x close < sma(20): FALSE, 10099 < 10089.5 fails by 9.5" in why_lines(why)


@pytest.mark.parametrize(
    ("minute", "line"),
    [
        # the bar that closes at minute m closes at 9999 + m: 10049, 10051 and 10052 around a level of 10050
        (50, "  x close CROSSES ABOVE 10050: FALSE, 10049 > 10050 fails by 1"),
        (52, "    close CROSSES ABOVE 10050: TRUE, 10051 > 10050 holds by 1"),
        (
            53,
            (
                "  x close CROSSES ABOVE 10050: FALSE, 10052 > 10050 holds by 2;"
                " on the bar before it was not FALSE, so nothing crosses"
            ),
        ),
    ],
)
def test_a_crossing_of_the_past_is_told_from_one_of_now(minute: int, line: str) -> None:
    text = "PLAN p\nTRADE btc ON M1\nWHEN close CROSSES ABOVE 10050 THEN BUY 0.1 lots STOP 40 pips\n"
    assert line in why_lines(asked(text, minute))


def test_a_part_of_several_comparisons_shows_each() -> None:
    rule = "WHEN (close < 9000 OR NOT close > 10050[1]) AND time BETWEEN 02:00 AND 03:00"
    text = f"PLAN p\nTRADE btc ON M1\n{rule.replace('[1]', '')} THEN BUY 0.1 lots STOP 40 pips\n"
    why = asked(text, 100)
    either, between = why.rules[0].clauses
    assert [(p.text, p.truth, p.distance) for p in either.parts] == [
        ("close < 9000", "FALSE", 1_099.0),
        ("close > 10050", "TRUE", 49.0),
    ]
    # 100 minutes after midnight it is 01:40, 20 minutes before the window and 80 before its end
    assert [(p.text, p.truth, p.distance) for p in between.parts] == [
        ("time >= 02:00", "FALSE", 20 * 60.0),
        ("time <= 03:00", "TRUE", 80 * 60.0),
    ]


def test_values_of_another_view_are_those_that_the_step_saw() -> None:
    text = "PLAN p\nTRADE btc ON M1\nWHEN M15.close > M1.close THEN BUY 0.1 lots STOP 40 pips\n"
    text = text.replace("M1.close", "10200")
    why = asked(text, 100)
    # at minute 100 the newest M15 bar closed at minute 90: 10,089
    assert why.rules[0].clauses[0].parts[0].value == 10_089.0
    assert why.rules[0].clauses[0].parts[0].distance == 111.0


@pytest.mark.parametrize(
    ("condition", "minute", "reason"),
    [
        ("close > sma(50)", 30, "warming up: 30 of 50 bars of btc M1"),
        ("close > sma(50)[10]", 55, "warming up: 55 of 60 bars of btc M1"),
        ("H1.close > 1", 45, "warming up: 0 of 1 bars of btc H1"),
        ("H1.close > H1.sma(3)", 130, "warming up: 2 of 3 bars of btc H1"),
        ("delta(5 bars) > 0", 100, "no data: there are no trades of btc"),
        ("imbalance(5) > 0", 100, "no data: there is no book of btc"),
    ],
)
def test_why_a_part_is_unknown(condition: str, minute: int, reason: str) -> None:
    text = f"PLAN p\nTRADE btc ON M1\nWHEN {condition} THEN BUY 0.1 lots STOP 40 pips\n"
    why = asked(text, minute)
    clause = why.rules[0].clauses[0]
    assert (clause.truth, clause.reason) == ("UNKNOWN", reason)
    assert why.state == ("WARMING" if reason.startswith("warming") else "armed")
    assert f"  x {clause.text}: UNKNOWN, {reason}" in why_lines(why)


def _two_markets(until: int) -> Dataset:
    """btc for 400 minutes from Friday 20:00 UTC, and eurusd M1 only for the first `until` of them."""
    friday = START - 3 * 86_400_000 + 20 * 60 * MINUTE
    frames = {}
    for name, minutes, level in (("btc", 400, 10_000.0), ("eurusd", until, 1.2)):
        close = np.full(minutes, level)
        index = pd.to_datetime(friday + MINUTE * np.arange(minutes), unit="ms", utc=True)
        frames[name, "M1"] = pd.DataFrame({"open": close, "high": close, "low": close, "close": close}, index=index)
    return Dataset.from_frames(frames, load_profiles())


@pytest.mark.parametrize(("bars", "minute", "reason"), [(30, 60, "stale"), (110, 180, "closed")])
def test_a_value_of_a_market_that_is_silent_or_closed(bars: int, minute: int, reason: str) -> None:
    # eurusd has bars until 20:30, then none though it is open (until 22:00); or until its close
    text = "PLAN p\nTRADE btc ON M1\nWHEN eurusd.M1.close > 1 THEN BUY 0.1 lots STOP 4000 pips\n"
    at = minute - 3 * 24 * 60 + 20 * 60
    why = asked(text, at, _two_markets(bars))
    assert (why.rules[0].clauses[0].truth, why.rules[0].clauses[0].reason) == ("UNKNOWN", reason)


def test_what_holds_already_and_what_the_position_says() -> None:
    text = (
        "PLAN p\nTRADE btc ON M1\nWHEN close > 10050 THEN BUY 0.1 lots STOP 4000 pips\n"
        "WHEN held > 30m AND profit > 1R THEN CLOSE\n"
    )
    sent = asked(text, 52)
    # bar 51 closes at minute 52 at 10051, the first above 10050
    assert sent.rules[0].outcome == "sent"
    held = asked(text, 60)
    assert (held.state, held.rules[0].outcome) == ("position", "held")
    assert [b.kind for b in held.blocks] == ["position"]
    first, second = held.rules[1].clauses
    # filled at the open of the bar after minute 52: held for 8 minutes, 22 less than asked
    assert (first.parts[0].value, first.parts[0].distance, first.parts[0].unit) == (8 * MINUTE, 22 * MINUTE, "ms")
    assert "  x held > 30m: FALSE, 8m > 30m fails by 22m" in why_lines(held)
    # one R is the distance of the stop
    assert second.parts[0].threshold == 4000 * load_profiles()["btc"].pip


GUARDED = (
    "PLAN p\nTRADE btc ON M1\nCOOLDOWN 50m\nMAX 2 PER day\n"
    "WHEN close CROSSES ABOVE sma(3) THEN BUY 0.1 lots STOP 4000 pips\nWHEN held >= 5m THEN CLOSE\n"
    "GUARD g\nWHEN time = 00:20 THEN HALT FOR 15m\nWHEN time = 04:00 THEN HALT\n"
)


def test_what_blocks_a_plan_is_named_with_its_end() -> None:
    dataset = dataset_of(walk(400))
    why = asked(GUARDED, 25, dataset)
    assert [(b.kind, b.by, b.rule, b.until) for b in why.blocks if b.kind == "guard"] == [
        ("guard", "g", 0, START + 35 * MINUTE)
    ]
    assert "  guard `g`, rule 1 halts it until 2018-01-08 00:35:00 UTC" in why_lines(why)
    later = asked(GUARDED, 300, dataset)
    assert "  guard `g`, rule 2 halts it" in why_lines(later)
    assert "  MAX 2 PER the broker's day is reached" in why_lines(later)


def test_every_step_agrees_with_the_decisions_and_counts_of_a_backtest() -> None:
    """Stepped instant by instant: what became of each rule, and how often each part was TRUE or UNKNOWN."""
    more = "close CROSSES ABOVE sma(3) AND close > sma(40) AND H1.close > 1"
    text = GUARDED.replace("close CROSSES ABOVE sma(3)", more).replace("04:00", "04:50")
    plans, guards, _ = checked(text)
    dataset = dataset_of(walk(300))
    recording = run_backtest(plans, guards, dataset, FUNCTIONS, ACCOUNT)
    engine = Engine(dataset, ACCOUNT, FUNCTIONS, recording.start, recording.end)
    engine.activate(plans, guards)
    counts = {c.text: [0, 0] for c in recording.clauses if c.rule == 0}
    decided: list[tuple[int, str]] = []
    blocked = 0
    while (instant := engine.next_instant()) is not None:
        told = engine.advance(instant)
        why = why_not(engine, "p", told)
        assert why is not None
        if why.step != instant:
            continue
        for clause in why.rules[0].clauses:
            counts[clause.text][0] += clause.truth == "TRUE"
            counts[clause.text][1] += clause.truth == "UNKNOWN"
        if why.rules[0].outcome not in ("part", "held", "first", "was unknown", "open"):
            decided.append((instant, why.rules[0].outcome))
        kinds = {b.kind for b in why.blocks}
        blocked += bool(kinds)
        match why.rules[0].outcome:
            case "halted":
                assert "guard" in kinds
            case "cooldown" | "max_count" as kind:
                assert kind in kinds
            case "in_position":
                assert kinds & {"position", "order"}
            case "sent":
                assert kinds == {"order"}
    told_by_backtest = [
        (e.time, e.outcome)
        for e in recording.events()
        if isinstance(e, Decision) and e.about == "entry" and e.rule == 0
    ]
    assert decided == told_by_backtest
    assert {o for _, o in decided} >= {"sent", "halted", "cooldown", "in_position", "max_count"}
    assert blocked > 100
    assert counts == {c.text: [c.true, c.unknown] for c in recording.clauses if c.rule == 0}


def test_live_and_backtest_answer_alike(tmp_path: Path) -> None:
    lives = Lives(tmp_path, dataset_of(walk(300)))
    lives.write("p.plan", GUARDED)
    lives.run(until=150)
    lives.run()
    plans, guards, graph = checked(GUARDED)
    back = World(lives.dataset, FUNCTIONS, load_facts(), graph)
    states = set()
    for minute in (1, 2, *range(6, 200, 9), 300):
        journal = PastJournal(lives.database)
        live = live_why_not(
            journal, World(lives.dataset, FUNCTIONS, load_facts(), Graph()), "p", START + minute * MINUTE
        )
        journal.close()
        replayed = backtest_why_not(plans, guards, back, ACCOUNT, "p", START + minute * MINUTE)
        assert why_lines(live) == why_lines(replayed)
        assert json.dumps(why_dict(live)) == json.dumps(why_dict(replayed))
        states.add(live.state)
    assert states >= {"armed", "blocked", "position"}


def test_a_halt_by_hand_and_a_retired_version_are_named(tmp_path: Path) -> None:
    lives = Lives(tmp_path, dataset_of(ramp(300)), minutes=100)
    text = "PLAN p\nTRADE btc ON M1\nWHEN close > 10050 THEN BUY 0.1 lots STOP 4000 pips\n"
    lives.write("p.plan", text)

    def halts(name: str) -> None:
        instance = lives.instance
        assert isinstance(instance, Instance)
        if name == "stepped" and instance.status().time == START + 30 * MINUTE:
            instance.halt("btc")
        if name == "stepped" and instance.status().time == START + 45 * MINUTE:
            instance.resume("btc")

    edit = text.replace("4000 pips", "4001 pips")
    lives.run(edits={70: lambda: lives.write("p.plan", edit)}, point=halts)

    def look(minute: int, name: str = "p") -> WhyNot:
        journal = PastJournal(lives.database)
        try:
            world = World(lives.dataset, FUNCTIONS, load_facts(), Graph())
            return live_why_not(journal, world, name, START + minute * MINUTE)
        finally:
            journal.close()

    assert look(30).blocks == ()
    assert [(b.kind, b.by) for b in look(31).blocks] == [("halt", "btc")]
    assert [(b.kind, b.by) for b in look(45).blocks] == [("halt", "btc")]
    assert look(46).blocks == ()
    assert look(80).state == "retired"
    with pytest.raises(NoStepError, match="no plan `q` ran at 2018-01-08 01:20:00 UTC: there were `p`"):
        look(80, "q")
    with pytest.raises(NoStepError, match="is later"):
        look(200)


def test_words_for_every_outcome_an_entry_can_have() -> None:
    # what becomes of orders and stop moves afterwards
    later = {"late", "beyond_stop", "cancelled", "stop_passed", "refused", "abandoned", "lost"}
    assert set(ALL) - later <= set(OUTCOMES)


PLAIN = "PLAN one\nTRADE btc ON M5\nWHEN rsi(14) < 30 THEN BUY RISK 0.5% STOP 2 ATR\n"


def test_the_command_over_files(tmp_path: Path) -> None:
    file = tmp_path / "one.plan"
    file.write_text(PLAIN, encoding="utf-8")
    told = CliRunner().invoke(command, [str(file), "--days", "2"])
    assert told.exit_code == 0, told.output
    assert "rsi(14) < 30" in told.stdout
    as_json = CliRunner().invoke(command, [str(file), "--days", "2", "--format", "json"])
    body = json.loads(as_json.stdout)
    assert (body["plan"], body["rules"][0]["clauses"][0]["text"]) == ("one", "rsi(14) < 30")
    early = CliRunner().invoke(command, [str(file), "--days", "2", "--at", "2001-01-01"])
    assert early.exit_code == 2
    assert "has no step between" in early.output
    none = CliRunner().invoke(command, ["one", "--db", str(tmp_path / "no.db")])
    assert none.exit_code == 2
    assert "there is no database" in none.output
