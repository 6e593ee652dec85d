"""Scripted books: every value is worked out beside it."""

from __future__ import annotations

import numpy as np
import pytest
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.streams.events import until
from tradeplan.runtime.market.streams.replay import replay
from tradeplan.runtime.market.streams.spoofs import spoofs

from tests.runtime.market.features.books import MINUTE, START, book, dataset, trades

BID, ASK = 1, -1
TEN_BIDS = [(BID, 100.0 - i, 50.0) for i in range(10)]  # 100 down to 91
ASKS = [(ASK, 101.0, 50.0), (ASK, 102.0, 80.0), (ASK, 103.0, 500.0)]

# a level is large from 10,000: at these prices from about a size of 100
SCRIPT = [
    (500, ASK, 103.0, 0.0),  # 51,500 was in the snapshot: it has not appeared, so it is not pulled
    (1_000, BID, 99.0, 150.0),  # 4,950 becomes 14,850: appears
    (4_000, BID, 99.0, 60.0),  # below 75, the half of 150, after 3 s, nothing traded: PULLED
    (10_000, ASK, 101.0, 200.0),  # 20,200 appears
    (12_000, ASK, 101.0, 50.0),  # lost 150 of which 80 were bought at 101, more than half: traded
    (20_000, BID, 99.0, 150.0),  # appears
    (25_001, BID, 99.0, 10.0),  # after 5.001 s: too late
    (30_000, BID, 98.0, 200.0),  # appears
    (35_000, BID, 98.0, 40.0),  # after exactly 5 s: PULLED
    (40_000, ASK, 102.0, 200.0),  # 20,400 appears
    (41_000, ASK, 102.0, 100.0),  # exactly half is left: not more than half is gone
    (42_000, ASK, 102.0, 99.0),  # now it is: PULLED
    (50_000, BID, 97.0, 300.0),  # appears
    (51_000, BID, 97.0, 40.0),  # lost 260; 200 were traded at 97, but by buyers, who do not take bids: PULLED
    (52_000, BID, 50.0, 9_000.0),  # large, but not among the ten best bids
    (53_000, BID, 50.0, 0.0),
    (60_001, ASK, 101.0, 110.0),  # 11,110 appears in the next minute
    (60_500, ASK, 101.0, 400.0),  # grows: the most it held is 400
    (
        61_000,
        ASK,
        101.0,
        199.0,
    ),  # below 200: PULLED; 150 were bought, less than half of the 201 it lost is 100.5: traded
    (70_000, BID, 100.0, 101.0),  # 10,100 appears
    (71_000, BID, 100.0, 0.0),  # lost 101, sold into it 50, less than 50.5: PULLED
]
TRADES = trades(
    (11_000, 101.0, 80.0, 1), (50_500, 97.0, 200.0, 1), (60_700, 101.0, 150.0, 1), (70_500, 100.0, 50.0, -1)
)


def test_pulled_levels() -> None:
    found = spoofs(book(TEN_BIDS + ASKS, SCRIPT, 2 * MINUTE), TRADES, 10_000.0, 5_000, 0.5)
    assert (found - START).tolist() == [4_000, 35_000, 42_000, 51_000, 71_000]
    # from 15,000 on: 14,850, 11,110 and 10,100 are no longer large, but the level at 101 passes 15,000 at 60,500
    found = spoofs(book(TEN_BIDS + ASKS, SCRIPT, 2 * MINUTE), TRADES, 15_000.0, 5_000, 0.5)
    assert (found - START).tolist() == [35_000, 42_000, 51_000]
    # within 2 s: the first took 3 s, the second 5 s; 42,000 is exactly 2 s after 40,000
    found = spoofs(book(TEN_BIDS + ASKS, SCRIPT, 2 * MINUTE), TRADES, 10_000.0, 2_000, 0.5)
    assert (found - START).tolist() == [42_000, 51_000, 71_000]


def test_they_are_counted_in_the_bar_in_which_they_are_pulled() -> None:
    recorded = book(TEN_BIDS + ASKS, SCRIPT, 2 * MINUTE)
    column = dataset({"book": recorded, "trades": TRADES}).feature(
        "btc", "M1", "pulled_levels", "book", (10_000.0, 5_000.0, 50.0)
    )
    assert column is not None
    assert column.tolist() == [4.0, 1.0]
    blind = dataset({"book": recorded}).feature("btc", "M1", "pulled_levels", "book", (10_000.0, 5_000.0, 50.0))
    assert blind is not None
    assert np.isnan(blind).all()  # without trades nobody can say what was traded
    late = trades((11_000, 101.0, 80.0, 1), start=-1_000)  # a level may have appeared 5 s before the first bar
    column = dataset({"book": recorded, "trades": late}).feature(
        "btc", "M1", "pulled_levels", "book", (10_000.0, 5_000.0, 50.0)
    )
    assert column is not None
    assert np.isnan(column).tolist() == [True, False]


SIMPLE = [(BID, 100.0, 10.0), (BID, 99.0, 20.0), (ASK, 101.0, 8.0), (ASK, 102.0, 12.0)]


def test_imbalance_is_that_of_the_book_at_the_close() -> None:
    changes = [(59_999, BID, 100.0, 16.0), (60_000, ASK, 101.0, 4.0), (60_001, BID, 98.0, 999.0)]
    data = dataset({"book": book(SIMPLE, changes, 2 * MINUTE)})
    first = [data.feature("btc", "M1", "book_imbalance", "book", (float(n),)) for n in (1, 2, 10)]
    # at 60,000: bids 16, 20; asks 4, 12. A minute later also a bid of 999 at 98
    assert [c.tolist() for c in first if c is not None] == [[4.0, 4.0], [36 / 16, 36 / 16], [36 / 16, 1035 / 16]]


def test_a_side_that_is_empty_is_unknown() -> None:
    changes = [(70_000, ASK, 101.0, 0.0), (70_000, ASK, 102.0, 0.0)]
    column = dataset({"book": book(SIMPLE, changes, 2 * MINUTE)}).feature("btc", "M1", "book_imbalance", "book", (5.0,))
    assert column is not None
    assert column[0] == 30 / 20
    assert np.isnan(column[1])


def test_order_flow_imbalance() -> None:
    changes = [
        (1_000, BID, 100.0, 15.0),  # bid stays at 100: 15 - 10 = +5
        (2_000, BID, 100.5, 7.0),  # bid rises: +7
        (3_000, BID, 100.5, 0.0),  # bid falls back to 100: the old 7 are gone, -7
        (4_000, ASK, 101.0, 3.0),  # ask stays at 101: -3 + 8 = +5
        (5_000, ASK, 100.8, 2.0),  # ask falls: -2
        (6_000, ASK, 100.8, 0.0),  # ask rises back to 101: the old 2 are gone, +2
        (7_000, BID, 99.0, 1.0),  # not the best: 0
        (60_000, BID, 100.0, 16.0),  # at the close: +1, of this bar
        (60_001, ASK, 101.0, 0.0),  # ask rises to 102: +3, of the next
    ]
    column = dataset({"book": book(SIMPLE, changes, 2 * MINUTE)}).feature("btc", "M1", "best_flow", "book")
    assert column is not None
    assert column.tolist() == [5 + 7 - 7 + 5 - 2 + 2 + 1, 3.0]


def speeds(data: Dataset, name: str, *arguments: float) -> list[float]:
    """The column of a feature of the book."""
    column = data.feature("btc", "M1", name, "book", arguments)
    assert column is not None
    return column.tolist()


def test_speeds() -> None:
    # bids of two levels: 30 at first, 70 from 30 s, 50 from 55 s; at the second close 50 still
    changes = [
        (30_000, BID, 99.0, 60.0),
        (55_000, BID, 100.0, 0.0),
        (55_000, BID, 98.0, 40.0),
        (55_000, BID, 99.0, 10.0),
    ]
    data = dataset({"book": book(SIMPLE, changes, 2 * MINUTE)})
    # at 60 s less at 40 s: 50 - 70 over 20 s; less at 10 s: 50 - 30 over 50 s
    assert speeds(data, "depth_speed", 1.0, 2.0, 20_000.0) == [-1.0, 0.0]
    assert speeds(data, "depth_speed", 1.0, 2.0, 50_000.0) == [0.4, 0.0]
    assert speeds(data, "depth_speed", -1.0, 2.0, 20_000.0) == [0.0, 0.0]
    # the best level alone: 10 until 55 s, then 10 at 99
    assert speeds(data, "depth_speed", 1.0, 1.0, 20_000.0) == [0.0, 0.0]


def test_the_slowest_second_of_a_span() -> None:
    # from 61 s on 3 more on the best bid every second: over any 20 s inside it grows by 3 a second
    changes = [(60_000 + 1_000 * i, BID, 100.0, 10.0 + 3.0 * i) for i in range(1, 61)]
    data = dataset({"book": book(SIMPLE, changes, 2 * MINUTE)})
    assert speeds(data, "least_depth_speed", 1.0, 2.0, 20_000.0, 30_000.0) == [0.0, 3.0]
    # looking back 45 s from the close to 75 s, which saw 15 s of growth in its 20 s: 3 * 15 / 20 at 75 s; 16/20 at 76 s
    # the first minute does not hold 45 s and the 20 s before them
    first, second = speeds(data, "least_depth_speed", 1.0, 2.0, 20_000.0, 45_000.0)
    assert np.isnan(first)
    assert second == 3 * 16 / 20
    # with a window that reaches before the recording it is not known
    late = dataset({"book": book(SIMPLE, changes, 2 * MINUTE, start=15_000)})
    column = late.feature("btc", "M1", "least_depth_speed", "book", (1.0, 2.0, 50_000.0, 60_000.0))
    assert column is not None
    assert np.isnan(column).tolist() == [True, True]


@pytest.mark.parametrize("cut", [*range(1_000, 2 * MINUTE, 9_700), 60_000, 120_000])
def test_prefixes_of_the_book_say_the_same(cut: int) -> None:
    recorded = book(TEN_BIDS + ASKS, SCRIPT, 2 * MINUTE)
    whole = dataset({"book": recorded, "trades": TRADES})
    part = dataset({"book": until(recorded, START + cut), "trades": until(TRADES, START + cut)})
    closed = cut // MINUTE
    for name, arguments in (
        ("book_imbalance", (5.0,)),
        ("best_flow", ()),
        ("depth_speed", (1.0, 5.0, 20_000.0)),
        ("least_depth_speed", (-1.0, 5.0, 20_000.0, 30_000.0)),
        ("pulled_levels", (10_000.0, 5_000.0, 50.0)),
    ):
        a, b = (d.feature("btc", "M1", name, "book", arguments) for d in (whole, part))
        assert a is not None
        assert b is not None
        np.testing.assert_array_equal(a[:closed], b[:closed])
        assert np.isnan(b[closed:]).all()


def test_what_is_kept_is_bounded() -> None:
    history = replay(book([(BID, 100.0 - i, 1.0) for i in range(40)] + ASKS, SCRIPT, 2 * MINUTE))
    assert history.depth.shape == (121, 2, 10)  # whole seconds 0 to 120, ten levels
    assert history.best.shape == (1 + len(SCRIPT), 4)
