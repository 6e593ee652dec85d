"""What is fed stands on disk before it counts, and is read again after a kill in the middle of a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tradeplan.runtime.feed.keeper import TAIL, Keeper
from tradeplan.runtime.market.columns import as_columns, take
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.store.errors import StoreTrouble

KEY = ("btc", "M1")


def rates(count: int, first: int = 0) -> Rates:
    rows = np.arange(first, first + count)
    price = 100.0 + rows / 3.0  # thirds: no decimal says them exactly
    return Rates(60_000 * rows, price, price + 0.1, price - 0.1, price, rows * 1.0, rows.astype(np.int32), rows * 0.0)


def same(one: Rates, other: Rates) -> bool:
    columns = as_columns(other)
    return all(np.array_equal(column, columns[name]) for name, column in as_columns(one).items())


def test_history_and_tail_are_read_as_one(tmp_path: Path) -> None:
    whole = rates(20)
    keeper = Keeper(tmp_path, "test")
    keeper.begin(*KEY, take(whole, slice(0, 5)))
    for row in range(5, 20):
        keeper.add({KEY: take(whole, slice(row, row + 1))})
    assert same(Keeper.peek(tmp_path)[KEY], whole)
    assert (tmp_path / TAIL).stat().st_size > 0  # looking changed nothing
    assert same(Keeper(tmp_path, "test").load()[KEY], whole)
    assert not (tmp_path / TAIL).exists()


def test_a_line_that_was_cut_off_costs_itself_alone(tmp_path: Path) -> None:
    whole = rates(8)
    keeper = Keeper(tmp_path, "test")
    keeper.begin(*KEY, take(whole, slice(0, 5)))
    keeper.add({KEY: take(whole, slice(5, 7))})
    tail = tmp_path / TAIL
    tail.write_bytes(tail.read_bytes()[:-20])
    again = Keeper(tmp_path, "test")  # as a run that waited for room on the disk: it goes on without folding
    again.add({KEY: take(whole, slice(6, 8))})
    assert same(Keeper.peek(tmp_path)[KEY], whole)


def test_a_tail_that_was_folded_and_not_removed_changes_nothing(tmp_path: Path) -> None:
    whole = rates(8)
    keeper = Keeper(tmp_path, "test")
    keeper.begin(*KEY, take(whole, slice(0, 5)))
    keeper.add({KEY: take(whole, slice(5, 8))})
    tail = (tmp_path / TAIL).read_bytes()
    keeper.fold()
    (tmp_path / TAIL).write_bytes(tail)
    assert same(Keeper(tmp_path, "test").load()[KEY], whole)


def test_what_cannot_be_written_is_trouble_that_can_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper(tmp_path, "test")
    keeper.begin(*KEY, rates(2))

    def full(number: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreTrouble, match="the disk is full"):
        keeper.add({KEY: rates(1, first=2)})
    monkeypatch.undo()
    keeper.add({KEY: rates(1, first=2)})
    assert same(keeper.load()[KEY], rates(3))
