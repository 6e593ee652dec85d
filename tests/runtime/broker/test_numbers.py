"""Which orders at a broker are a journal's own: by number and by comment, new ones and old ones."""

from __future__ import annotations

from tradeplan.runtime.broker.identity import PARTS, comment_of, magic_of, part_of
from tradeplan.runtime.broker.memory import Memory
from tradeplan.runtime.broker.numbers import RECENT, Known, Numbers

OLD = 77
MANY = range(1_000, 1_000 + RECENT)


def learned() -> Numbers:
    """One intent that was filled, one that was not, and then as many as are kept at hand."""
    numbers = Numbers()
    for intent in (OLD, OLD + 1, *MANY):
        numbers.learn(intent, f"p{intent}", "entry")
    numbers.filled(magic_of(OLD, 3), OLD)
    return numbers


def test_a_comment_tells_intent_and_part() -> None:
    for intent in (0, 1, 31, 32, (1 << 63) - 1, 1 << 63):
        for part in (0, 9, PARTS - 1):
            assert part_of(comment_of(intent, part)) == (intent, part)


def test_a_comment_that_was_cut_or_is_anothers_tells_nothing() -> None:
    whole = comment_of(12_345, 7)
    others = ("", "tp", "tp.", "by hand", "sl 1.1000", whole.upper(), "x" + whole, f"{whole}0", f"{whole[:15]}.07")
    for text in (
        *(whole[:n] for n in range(len(whole))),
        *others,
        whole.replace(".7", f".{PARTS}"),
        "tpiiiiiiiiiiiii.0",
    ):
        assert part_of(text) is None, text


def test_an_intent_that_is_no_longer_at_hand_is_found_all_the_same() -> None:
    numbers = learned()
    assert numbers.get(magic_of(OLD, 3)) == Known(OLD, "p77", "entry", 3)
    assert numbers.get(magic_of(OLD + 1, PARTS - 1)) == Known(OLD + 1, "p78", "entry", PARTS - 1)
    assert numbers.get(magic_of(MANY[-1], 0)) == Known(MANY[-1], f"p{MANY[-1]}", "entry", 0)
    assert numbers.by_comment(comment_of(OLD, 2)) == Known(OLD, "p77", "entry", 2)
    assert len(numbers._at_hand) == RECENT * PARTS


def test_a_number_of_nobody_stays_one_until_it_is_learned() -> None:
    numbers = learned()
    stranger = magic_of(5, 0)
    assert stranger not in numbers
    assert 42 not in numbers
    assert numbers.by_comment(comment_of(5, 0)) is None
    numbers.learn(5, "five", "add/2")
    assert numbers.get(stranger) == Known(5, "five", "add/2", 0)


def test_the_newest_position_of_each_leg_counts() -> None:
    memory = Memory()
    for identifier, leg in ((1, 0), (2, 1), (5, 0), (4, 1)):
        body = {"identifier": identifier, "reason": "entry", "link": leg, "plan": "a", "intent": identifier}
        memory.note("fill", body | {"magic": magic_of(identifier, leg), "sl": 1.0})
    assert [(x.identifier, x.leg) for x in memory.latest("a")] == [(5, 0), (4, 1)]
    assert memory.latest("b") == []
    memory.forget()
    assert memory.latest("a") == []
