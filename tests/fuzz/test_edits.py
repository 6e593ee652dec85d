"""A small part of the fuzz campaign in every run; the whole of it is `python -m tests.fuzz.edits`."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.edits import BrokenPromise, campaign, edited, examine
from tests.fuzz.seeds import check, generated, written


def test_edited_plans_are_answered_and_never_break_anything() -> None:
    figures = campaign(400, seed=2026)
    assert figures.edits == 400
    # a campaign whose edits are all refused, or all accepted, would test half of the promises only
    assert 10 < figures.accepted < 200
    assert len(figures.refusals) > 20


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all(text: str) -> None:
    examine(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(sorted({w for t in written() for w in t.split()})), max_size=60))
def test_words_of_the_language_in_any_order(words: list[str]) -> None:
    examine(" ".join(words))


def test_the_seeds_are_valid_and_varied() -> None:
    made = generated(3, 12)
    assert all(check(text).ok for text in made)
    assert len(set(made)) == 12
    assert len(written()) > 10


def test_edits_change_the_text_and_follow_the_seed() -> None:
    text = written()[0]
    first = [edited(Random(i), text, [text]) for i in range(50)]
    assert first == [edited(Random(i), text, [text]) for i in range(50)]
    assert sum(t != text for t in first) > 40


def test_a_surrogate_in_a_title_is_a_mistake_and_no_crash() -> None:
    checked, _ = examine('PLAN p "a \ud800 b" TRADE btc ON M5 WHEN close > open THEN BUY RISK 1% STOP 1%')
    assert [d.code for d in checked.diagnostics] == ["control-character"]


def test_a_broken_promise_carries_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.edits.check", lambda text: 1 / 0)
    with pytest.raises(BrokenPromise, match="ZeroDivisionError") as raised:
        examine("PLAN p")
    assert raised.value.text == "PLAN p"
