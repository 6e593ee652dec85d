"""The store: mapped reads, idempotent imports, conflicts told by row, and a reader that never sees half a series."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tradeplan.runtime.market.columns import COLUMNS, as_columns, from_columns, take
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore

MINUTE = 60_000


def rates(first: int, rows: int, shift: float = 0.0) -> Rates:
    """Bars of one minute whose close is 100 + minute + shift."""
    minutes = np.arange(first, first + rows, dtype=np.int64)
    price = 100.0 + minutes + shift
    return from_columns(
        {
            "time": minutes * MINUTE,
            "open": price,
            "high": price + 2,
            "low": price - 2,
            "close": price,
            "tick_volume": minutes * 1.0,
            "spread": np.full(rows, 7),
        }
    )


def equal(a: Rates, b: Rates) -> bool:
    return all(
        np.array_equal(x, y, equal_nan=True)
        for x, y in zip(as_columns(a).values(), as_columns(b).values(), strict=True)
    )


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path: Path) -> BarStore:
    return BarStore(tmp_path / "bars")


def test_what_is_written_is_read_back_mapped(store: BarStore) -> None:
    store.write("btc", "M1", rates(0, 10), source="a.csv", zone="Europe/Athens")
    back = store.read("btc", "M1")
    assert equal(back, rates(0, 10))
    for name, kind in COLUMNS.items():
        column = getattr(back, name)
        assert column.dtype == kind
        assert type(column) is np.ndarray
        assert column.flags.c_contiguous
        assert column.flags.writeable, "one array type for the kernels, mapped or not"
        assert isinstance(column.base, np.memmap)
    manifest = store.manifest("btc", "M1")
    assert manifest is not None
    assert (manifest.rows, manifest.first, manifest.last) == (10, 0, 9 * MINUTE)
    assert (manifest.source, manifest.zone) == ("a.csv", "Europe/Athens")
    assert store.is_intact("btc", "M1")


def test_writing_to_what_was_read_does_not_reach_the_file(store: BarStore) -> None:
    store.write("btc", "M1", rates(0, 3), source="a")
    store.read("btc", "M1").close[0] = -1.0
    assert store.read("btc", "M1").close[0] == 100.0


def test_importing_the_same_again_changes_no_byte(store: BarStore) -> None:
    assert store.merge("btc", "M1", rates(0, 10), source="a").added == 10
    before = content(store.root)
    again = store.merge("btc", "M1", rates(0, 10), source="a")
    part = store.merge("btc", "M1", take(rates(0, 10), slice(3, 6)), source="b")
    assert (again.added, again.identical) == (0, 10)
    assert (part.added, part.identical) == (0, 3)
    assert content(store.root) == before


def test_overlapping_imports_join_in_any_order(tmp_path: Path) -> None:
    one, other = BarStore(tmp_path / "1"), BarStore(tmp_path / "2")
    one.merge("btc", "M1", rates(0, 6), source="a")
    done = one.merge("btc", "M1", rates(4, 6), source="b")
    assert (done.added, done.identical, done.conflicts) == (4, 2, ())
    other.merge("btc", "M1", rates(4, 6), source="b")
    other.merge("btc", "M1", rates(0, 6), source="a")
    assert equal(one.read("btc", "M1"), rates(0, 10))
    assert one.manifest("btc", "M1").digest == other.manifest("btc", "M1").digest
    assert one.manifest("btc", "M1").source == "a; b"


def test_rows_that_differ_are_told_and_nothing_is_stored(store: BarStore) -> None:
    store.merge("btc", "M1", rates(0, 5), source="a")
    before = content(store.root)
    wrong = rates(3, 5)
    wrong.close[1] += 0.5  # minute 4, stored; minutes 5 to 7 are new
    done = store.merge("btc", "M1", wrong, source="b")
    assert (done.added, done.identical, done.conflicts) == (0, 1, (1,))
    assert content(store.root) == before
    done = store.merge("btc", "M1", wrong, source="b", replace=True)
    assert (done.added, done.identical, done.replaced) == (3, 1, 1)
    assert store.read("btc", "M1").close.tolist() == [100.0, 101.0, 102.0, 103.0, 104.5, 105.0, 106.0, 107.0]


def test_nan_is_the_same_as_nan(store: BarStore) -> None:
    holed = rates(0, 5)
    holed.close[2] = np.nan
    store.merge("btc", "M1", holed, source="a")
    assert store.merge("btc", "M1", take(holed, slice(1, 4)), source="b").identical == 3


def test_rows_out_of_order_are_kept_but_not_merged(store: BarStore) -> None:
    mixed = take(rates(0, 4), np.array([1, 0, 2, 3]))
    store.merge("btc", "M1", mixed, source="a", accepted=["disorder"])
    assert equal(store.read("btc", "M1"), mixed)
    assert store.merge("btc", "M1", mixed, source="a").added == 0
    with pytest.raises(DataError, match=r"rows out of order cannot be merged"):
        store.merge("btc", "M1", rates(4, 2), source="b")
    assert store.merge("btc", "M1", rates(0, 2), source="b", replace=True).replaced == 4
    assert store.read("btc", "M1").time.tolist() == [0, MINUTE]


def test_old_columns_stay_readable_while_new_ones_are_written(store: BarStore) -> None:
    store.write("btc", "M1", rates(0, 5), source="a")
    old = store.read("btc", "M1")
    store.write("btc", "M1", rates(0, 5, shift=1.0), source="b")
    assert old.close.tolist() == [100.0, 101.0, 102.0, 103.0, 104.0]
    assert store.read("btc", "M1").close[0] == 101.0
    folders = [path for path in (store.root / "btc" / "M1").iterdir() if path.is_dir()]
    assert len(folders) == 1, "the old columns are gone from the folder"


def test_a_write_that_died_leaves_the_old_series(store: BarStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write("btc", "M1", rates(0, 5), source="a")
    real = np.save
    calls: list[Path] = []

    def dying(path: Path, column: np.ndarray) -> None:
        calls.append(path)
        if len(calls) == 4:
            raise KeyboardInterrupt
        real(path, column)

    monkeypatch.setattr(np, "save", dying)
    with pytest.raises(KeyboardInterrupt):
        store.write("btc", "M1", rates(0, 9), source="b")
    monkeypatch.undo()
    assert equal(store.read("btc", "M1"), rates(0, 5))
    store.write("btc", "M1", rates(0, 9), source="b")
    assert len(list((store.root / "btc" / "M1").iterdir())) == 2, "columns and manifest; the leftovers are cleared"


def test_list_and_an_empty_series(store: BarStore) -> None:
    store.write("eth", "M1", rates(0, 0), source="a")
    store.write("btc", "H1", rates(0, 1), source="a")
    store.write("btc", "M1", rates(0, 1), source="a")
    assert [(m.market, m.timeframe, m.rows) for m in store.list()] == [
        ("btc", "M1", 1),
        ("btc", "H1", 1),
        ("eth", "M1", 0),
    ]
    assert len(store.read("eth", "M1")) == 0


def test_damage_is_told(store: BarStore) -> None:
    store.write("btc", "M1", rates(0, 5), source="a")
    column = next(store.root.rglob("close.npy"))
    raw = bytearray(column.read_bytes())
    raw[-1] ^= 1
    column.write_bytes(bytes(raw))
    assert not store.is_intact("btc", "M1")
    column.write_bytes(bytes(raw[:-8]))
    with pytest.raises(DataError, match=r"column `close` cannot be read .*: import again"):
        store.read("btc", "M1")
    manifest = store.root / "btc" / "M1" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text(encoding="utf-8")) | {"schema": 99}), encoding="utf-8")
    with pytest.raises(DataError, match=r"another version of the store"):
        store.list()
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"the manifest cannot be read"):
        store.manifest("btc", "M1")
    with pytest.raises(DataError, match=r"has no gold.M1: `plan data ls` shows what it has"):
        store.read("gold", "M1")
