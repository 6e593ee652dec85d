"""Nearest names and the distance behind them."""

from __future__ import annotations

import pytest
from tradeplan.dsl.suggest import distance, nearest


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [("", "", 0), ("", "abc", 3), ("rsi", "rsi", 0), ("rsj", "rsi", 1), ("ris", "rsi", 1), ("rs", "rsi", 1),
     ("kitten", "sitting", 3), ("ca", "abc", 3)],
)  # fmt: skip
def test_distance(a: str, b: str, expected: int) -> None:
    assert distance(a, b) == distance(b, a) == expected


def test_distance_stops_at_its_limit() -> None:
    assert distance("kitten", "sitting", 1) == 2
    assert distance("a", "a" * 60, 3) == 4


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("suport", ("support",)),
        ("Support", ("support",)),
        ("ris", ("rsi",)),
        ("emma", ("ema",)),
        ("resist", ("resistance",)),
        ("support_level", ("support",)),
        ("r", ()),
        ("xyz", ()),
        ("", ()),
        ("x" * 500, ()),
    ],
)
def test_nearest(word: str, expected: tuple[str, ...]) -> None:
    assert nearest(word, ["rsi", "support", "resistance", "close", "ema", "D1"]) == expected


def test_the_closest_comes_first_and_few_come() -> None:
    # one slip: ema (inserted), sma and rma (replaced) are alike, so by name
    assert nearest("ma", ["sma", "xma", "rma", "ema"]) == ("ema", "rma", "sma")
    assert nearest("ema", ["sma", "ema", "rma"], 1) == ("ema",)
