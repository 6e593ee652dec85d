"""The interpreter against cases worked out on paper. A unit is 0.1 lots of contract 10: profit is points x units."""

from __future__ import annotations

import pytest
from tradeplan.dsl.graph import (
    AddAction,
    CancelAction,
    CloseAction,
    HaltAction,
    LevelKind,
    MoveStopAction,
    Op,
    OrderType,
    SizeKind,
    TimeSpan,
)

from tests.oracle.hand import M5, START, Hand, market, run

FLAT = (100.0, 100.5, 99.5, 100.0)
SIGNAL = (100.0, 101.0, 99.0, 101.0)  # its close, 101, is what the plans below wait for


def fills(writer):
    return [(f.reason, round(f.price, 6), f.units, f.profit, f.time) for f in writer.fills]


def outcomes(writer, what):
    return [(d.outcome, d.time) for d in writer.decisions if d.what == what]


def at(bars):
    """The open time of bar number `bars`."""
    return START + bars * M5


@pytest.mark.parametrize(
    ("side", "entry", "stop", "out"),
    [
        # buy at ask 100 + 0.2 = 100.2, stop 95.2; the next bar's low 95 touches: sold at 95.2
        (1, 100.2, (100.0, 100.0, 95.0, 96.0), 95.2),
        # a gap through the stop fills at the open 94
        (1, 100.2, (94.0, 94.5, 93.0, 94.0), 94.0),
        # sell at bid 100, stop 105; ask high 104.9 + 0.2 touches: bought at 105
        (-1, 100.0, (100.0, 104.9, 100.0, 102.0), 105.0),
        # a gap: the ask at the open, 106 + 0.2
        (-1, 100.0, (106.0, 107.0, 105.0, 106.0), 106.2),
    ],
)
def test_entry_and_stop_on_both_sides(side, entry, stop, out):
    h = Hand()
    plan = h.plan((h.close_is(101.0), [h.entry(side)]))
    writer = run(plan, market([FLAT, SIGNAL, FLAT, stop, FLAT]))
    gap = stop[0] in (94.0, 106.0)
    assert fills(writer) == [
        ("entry", entry, 3, 0, at(2)),
        ("stop", out, 3, round(side * (out - entry) * 3 * 100), at(3) if gap else at(4)),
    ]
    assert writer.balance == 1_000_000 + round(side * (out - entry) * 300)


def test_both_touched_counts_the_stop_and_keeps_the_better():
    h = Hand()
    target = h.level(LevelKind.R_MULTIPLE, 2.0)  # 100.2 + 2 * 5
    plan = h.plan((h.close_is(101.0), [h.entry(target=target)]))
    writer = run(plan, market([FLAT, SIGNAL, FLAT, (100.0, 111.0, 95.0, 100.0)]))
    last = writer.fills[-1]
    assert (last.reason, round(last.price, 6), round(last.better or 0, 6)) == ("stop", 95.2, 110.2)
    assert writer.trades[0].ambiguous == 1


def test_takes_become_legs_rounded_up_and_the_rest_runs():
    h = Hand()
    # 3 units: TAKE 50 % = ceil(1.5) = 2 units at 100.2 + 1R = 105.2; 1 unit to 110.2
    takes = [(50.0, h.level(LevelKind.R_MULTIPLE, 1.0))]
    plan = h.plan((h.close_is(101.0), [h.entry(target=h.level(LevelKind.R_MULTIPLE, 2.0), takes=takes)]))
    writer = run(plan, market([FLAT, SIGNAL, FLAT, (100.0, 106.0, 100.0, 106.0), (106.0, 120.0, 106.0, 111.0)]))
    assert [(f.reason, round(f.price, 6), f.units) for f in writer.fills] == [
        ("entry", 100.2, 2),
        ("entry", 100.2, 1),
        ("take", 105.2, 2),
        ("target", 110.2, 1),
    ]
    assert writer.balance == 1_000_000 + 1000 + 1000  # 2 units x 5 points and 1 unit x 10 points


def test_netting_take_closes_at_the_next_open():
    h = Hand()
    takes = [(50.0, h.level(LevelKind.DISTANCE, 5.0))]
    plan = h.plan((h.close_is(101.0), [h.entry(takes=takes)]))
    writer = run(
        plan, market([FLAT, SIGNAL, FLAT, (100.0, 106.0, 100.0, 104.0), (103.0, 103.0, 103.0, 103.0)]), netting=True
    )
    assert fills(writer)[2:] == [("take", 103.0, 2, 560, at(4))]  # 2 x 2.8


def test_half_is_closed_once_although_true_for_ten_bars():
    h = Hand()
    profit = h.compare(Op.GT, h.position("profit"), -50.0)
    plan = h.plan((h.close_is(101.0), [h.entry(size=0.5)]), (profit, [CloseAction(50.0, h.entry().span)]))
    writer = run(plan, market([FLAT, SIGNAL, *[FLAT] * 10]))
    # 5 units: ceil(2.5) = 3 are sold at the next open, 100
    assert [(f.reason, f.units) for f in writer.fills] == [("entry", 5), ("close", 3)]


def test_risk_sizing_and_lot_minimum():
    h = Hand()
    # estimate 101 + 0.2, stop 5 away: 5 * 10 * 0.1 = 5.00 a unit; 0.5 % of 10,000 = 50.00: 10 units
    plan = h.plan((h.close_is(101.0), [h.entry(size=0.5, size_kind=SizeKind.RISK_PERCENT)]))
    assert run(plan, market([FLAT, SIGNAL, FLAT])).fills[0].units == 10
    # 4.99 money buys no unit
    plan = h.plan((h.close_is(101.0), [h.entry(size=4.99, size_kind=SizeKind.RISK_MONEY)]))
    assert outcomes(run(plan, market([FLAT, SIGNAL, FLAT])), "entry") == [("too_small", at(2))]


def test_limit_inside_the_bar_does_not_take_its_target_there():
    h = Hand()
    entry = h.entry(order=OrderType.LIMIT, price=99.0, target=h.level(LevelKind.DISTANCE, 1.0))
    plan = h.plan((h.close_is(101.0), [entry]))
    # ask low 98.7 + 0.2 = 98.9 touches 99: filled at 99 at the close; high 102 is beyond 100 but may have been before
    writer = run(plan, market([FLAT, SIGNAL, (101.0, 102.0, 98.7, 99.5), (99.5, 100.0, 99.5, 99.8)]))
    assert fills(writer) == [("entry", 99.0, 3, 0, at(3)), ("target", 100.0, 3, 300, at(4))]


def test_stop_entry_inside_the_bar_ignores_the_open_before_it():
    h = Hand()
    # buy stop 105, stop 104.5: opened at 100, below the stop; filled at 105, then out at 104.5 and not at 100
    entry = h.entry(order=OrderType.STOP, price=105.0, stop=h.level(LevelKind.PRICE, 104.5))
    writer = run(h.plan((h.close_is(101.0), [entry])), market([FLAT, SIGNAL, (100.0, 106.0, 100.0, 105.5)]))
    assert fills(writer) == [("entry", 105.0, 3, 0, at(3)), ("stop", 104.5, 3, -150, at(3))]


def test_pending_expires_late_and_beyond_stop():
    h = Hand()
    limit = h.entry(order=OrderType.LIMIT, price=90.0, valid=M5)
    writer = run(h.plan((h.close_is(101.0), [limit])), market([FLAT, SIGNAL, FLAT, FLAT]))
    assert outcomes(writer, "entry") == [("sent", at(2)), ("expired", at(3))]
    market_entry = h.entry()
    made = market([FLAT, SIGNAL, FLAT, FLAT], max_signal_age=M5 - 1)
    for column in (made.bars["M5"].open_time, made.bars["M5"].close_time):
        column[2:] = [t + M5 for t in column[2:]]  # one bar is missing: the next opens 5 minutes after the decision
    assert outcomes(run(h.plan((h.close_is(101.0), [market_entry])), made), "entry") == [
        ("sent", at(2)),
        ("late", at(3)),
    ]
    # stop price 99.9 and an open of 99.9: not taken
    near = h.entry(stop=h.level(LevelKind.PRICE, 99.9))
    writer = run(h.plan((h.close_is(101.0), [near])), market([FLAT, SIGNAL, (99.9, 103.0, 99.9, 103.0)]))
    assert outcomes(writer, "entry") == [("sent", at(2)), ("beyond_stop", at(2))]
    assert writer.fills == []


def test_the_tightest_stop_wins_and_none_is_loosened():
    h = Hand()
    held = h.compare(Op.GE, h.position("held"), 0.0)
    g = h.graph
    moves = [(held, [MoveStopAction(g.constant(p), h.entry().span)]) for p in (97.04, 98.0, 100.0, 90.0)]
    writer = run(h.plan((h.close_is(101.0), [h.entry()]), *moves), market([FLAT, SIGNAL, FLAT, FLAT]))
    # mark 100: 100 is passed; 97.0, 98, 90 remain: 98; at the next step nothing is tighter, 100 is passed still
    sent = [(d.outcome, d.price, d.time) for d in writer.decisions if d.what == "stop"]
    assert sent == [("stop_passed", 100.0, at(3)), ("sent", 98.0, at(3))]


def test_add_makes_a_leg_and_moves_the_average():
    h = Hand()
    held = h.compare(Op.GE, h.position("held"), 0.0)
    rows = [FLAT, SIGNAL, FLAT, (102.0, 102.0, 102.0, 102.0), FLAT]
    writer = run(
        h.plan((h.close_is(101.0), [h.entry(size=0.4)]), (held, [AddAction(50.0, h.entry().span)])), market(rows)
    )
    # 4 units at 100.2, then floor(2) at 102.2: (100.2 * 4 + 102.2 * 2) / 6 = 100.8667
    assert [(f.reason, f.units, round(f.price, 6)) for f in writer.fills] == [("entry", 4, 100.2), ("add", 2, 102.2)]
    equity = dict(writer.equity)
    assert equity[at(4)] == 1_000_000 + round((102 - 100.2) * 400) + round((102 - 102.2) * 200)


def test_halt_cancels_what_waits_and_ends():
    h = Hand()
    always = h.compare(Op.EQ, h.field(), 100.0)
    limit = h.entry(order=OrderType.LIMIT, price=90.0)
    plan = h.plan((h.close_is(101.0), [limit]), (always, [HaltAction(TimeSpan(2 * M5), limit.span)]))
    writer = run(plan, market([SIGNAL, FLAT, SIGNAL, FLAT, FLAT, FLAT]))
    assert outcomes(writer, "halt") == [("sent", at(2)), ("sent", at(4)), ("sent", at(6))]
    # the first bar has no step before it; on the third the halt of at(2) still runs
    assert outcomes(writer, "entry") == [("halted", at(3))]


def test_cancel_then_in_position_then_close():
    h = Hand()
    limit = h.entry(order=OrderType.LIMIT, price=90.0)
    plan = h.plan((h.close_is(101.0), [limit]), (h.close_is(100.0), [CancelAction(limit.span)]))
    writer = run(plan, market([FLAT, SIGNAL, FLAT]))
    assert outcomes(writer, "cancel") == [("cancelled", at(3))]
    plan = h.plan((h.close_is(101.0), [h.entry()]), (h.close_is(102.0), [CloseAction(100.0, limit.span)]))
    up = (102.0, 102.0, 102.0, 102.0)
    writer = run(plan, market([FLAT, SIGNAL, FLAT, SIGNAL, up, FLAT]))
    assert outcomes(writer, "entry") == [("sent", at(2)), ("in_position", at(4))]
    assert fills(writer)[-1] == ("close", 100.0, 3, -60, at(5))


def test_stop_out_closes_the_leg_with_the_largest_loss():
    h = Hand()
    # 60 units at 100.2: margin 60 * 1 * 100.2 * 0.1 = 601.20 of 1000.00; stop-out below 300.60
    entry = h.entry(size=6.0, stop=h.level(LevelKind.DISTANCE, 90.0))
    rows = [FLAT, SIGNAL, FLAT, (90.0, 90.0, 88.0, 88.5)]
    writer = run(h.plan((h.close_is(101.0), [entry])), market(rows), balance=100_000)
    # (88.5 - 100.2) * 60 = -702: equity 298 < 300.60
    assert fills(writer)[-1] == ("stop_out", 88.5, 60, -70_200, at(4))


def test_margin_is_checked_at_the_decision():
    h = Hand()
    # 100 units at about 101.2: margin 1012 > 1000
    entry = h.entry(size=10.0)
    assert outcomes(run(h.plan((h.close_is(101.0), [entry])), market([FLAT, SIGNAL]), balance=100_000), "entry") == [
        ("margin", at(2))
    ]


def test_swap_of_the_triple_day_and_commission():
    h = Hand()
    made = market([FLAT, SIGNAL, FLAT, FLAT], commission=7.0, swap=lambda side, opened, rate: -0.125)
    made.bars["M5"].swap_days[3] = 3
    writer = run(h.plan((h.close_is(101.0), [h.entry()])), made)
    # 0.3 lots * 7 = 2.10 in; 3 days * 3 units * 0.125 = 1.125, half away from zero: 1.13
    assert writer.balance == 1_000_000 - 210 - 113


def test_cooldown_max_and_once():
    h = Hand()
    close = (h.close_is(102.0), [CloseAction(100.0, h.entry().span)])
    up = (102.0, 102.0, 102.0, 102.0)
    rows = [FLAT, SIGNAL, up, FLAT, SIGNAL, up, FLAT]
    entry = (h.close_is(101.0), [h.entry()])
    # filled at(2), closed at(3); next signal at(5)
    cases = [
        ({"cooldown": TimeSpan(2 * M5)}, "sent"),  # at(5) is not before at(3) + 2 bars
        ({"cooldown": TimeSpan(2 * M5 + 1)}, "cooldown"),
        ({"max_count": 1, "max_span": TimeSpan(3 * M5 + 1)}, "max_count"),
        ({"max_count": 1, "max_span": TimeSpan(3 * M5)}, "sent"),  # the fill at(2) is not > at(5) - 3 bars
        ({"max_count": 1, "max_span": TimeSpan(0, "day")}, "max_count"),
        ({"once": True}, "once"),
        ({"expires": at(5)}, "expired"),
    ]
    for changes, outcome in cases:
        writer = run(h.plan(entry, close, **changes), market(rows))
        assert outcomes(writer, "entry") == [("sent", at(2)), (outcome, at(5))], changes
