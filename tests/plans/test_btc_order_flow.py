"""`plans/btc_order_flow.plan` on the simulator: one firing from raw books and trades, one that spoofing prevents."""

from __future__ import annotations

from pathlib import Path

from tradeplan.runtime import backtest
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.simulator import DEFAULT_END, simulate, simulated_dataset
from tradeplan.runtime.market.simulator.flow import Flow, simulated_flow
from tradeplan.runtime.market.simulator.simulate import shipped_profiles

PLAN = Path(__file__).resolve().parents[2] / "plans" / "btc_order_flow.plan"
MINUTE = 60_000
END = DEFAULT_END - 320 * MINUTE  # 2026-06-26 15:40 UTC
BEGIN = END - 40 * MINUTE


def dataset(spoofing: bool) -> Dataset:
    """A day of bars, the last 40 minutes with ticks, trades and a book."""
    return simulated_dataset(["btc"], days=1, end_ms=END, flow_hours=2 / 3, spoofing=spoofing)


def raw(spoofing: bool) -> Flow:
    """The streams themselves."""
    rates = simulate(["btc"], BEGIN, END)["btc"]
    return simulated_flow(take(rates, rates.time >= BEGIN), shipped_profiles()["btc"], 7, spoofing)


def at(clock: str) -> int:
    """A time of that day in UTC milliseconds."""
    hours, minutes = clock.split(":")
    return END + ((int(hours) - 15) * 60 + int(minutes) - 40) * MINUTE


def imbalance(flow: Flow, close: int) -> float:
    """Five best bids over five best asks, from all rows of the book up to a close."""
    book = flow.book
    sides: dict[int, dict[float, float]] = {1: {}, -1: {}}
    for time, side, price, size in zip(book.time, book.side, book.price, book.size, strict=True):
        if time <= close:
            sides[int(side)][float(price)] = float(size)
    bids = sorted(((p, s) for p, s in sides[1].items() if s > 0), reverse=True)[:5]
    asks = sorted((p, s) for p, s in sides[-1].items() if s > 0)[:5]
    return sum(s for _, s in bids) / sum(s for _, s in asks)


def deltas(flow: Flow, close: int) -> list[float]:
    """Bought less sold in each of the five minutes up to a close."""
    trades, found = flow.trades, []
    for end in range(close - 4 * MINUTE, close + 1, MINUTE):
        inside = (trades.time > end - MINUTE) & (trades.time <= end)
        found.append(float((trades.size * trades.side)[inside].sum()))
    return found


def slope(values: list[float]) -> float:
    """Least squares over the running sum of five values: places are -2 to 2, their squares sum to 10."""
    sums = [sum(values[: i + 1]) for i in range(5)]
    return sum((i - 2) * s for i, s in enumerate(sums)) / 10


def opened(spoofing: bool) -> list[str]:
    """When the plan opened trades."""
    frame = backtest(PLAN, dataset(spoofing)).trades_frame()
    return [f"{t:%H:%M}" for t in frame["opened"]]


def test_one_firing_from_raw_events() -> None:
    flow = raw(spoofing=False)
    assert opened(spoofing=False) == ["15:13", "15:27"]
    # at 15:13 bids outweigh asks, and of the five minutes before more was bought than sold, more and more
    moment = at("15:13")
    assert imbalance(flow, moment) >= 1.5
    five = deltas(flow, moment)
    assert sum(five) > 0
    assert slope(five) > 0
    # the minutes before had the whole five minutes too (the recording begins at 15:00), but one clause was not so
    for minute in range(5, 13):
        before = at(f"15:{minute:02}")
        five = deltas(flow, before)
        assert not (imbalance(flow, before) >= 1.5 and sum(five) > 0 and slope(five) > 0)


def test_spoofing_keeps_it_out() -> None:
    assert opened(spoofing=True) == ["15:13", "15:29"]
    flow = raw(spoofing=True)
    # at 15:27 all else was as before, but a level of 300,000 had been pulled in the minute before it
    moment = at("15:27")
    assert [t for t in flow.pulled if moment - MINUTE < t <= moment]
    assert imbalance(flow, moment) >= 1.5
    assert sum(deltas(flow, moment)) > 0
    assert not [t for t in flow.pulled if at("15:28") < t <= at("15:29")]


def test_without_a_book_nothing_is_bought() -> None:
    result = backtest(PLAN, simulated_dataset(["btc"], days=1, end_ms=END))
    assert len(result.trades_frame()) == 0
    (text,) = [w for w in result.warnings if "reads book of btc" in w]
    assert text.startswith("plan `btc_order_flow` reads book of btc in `imbalance(5) >= 1.5`, and there are none")


def test_how_much_is_recorded_is_told() -> None:
    bars = len(simulate(["btc"], END - 1440 * MINUTE, END)["btc"])
    (text,) = [w for w in backtest(PLAN, dataset(spoofing=False)).warnings if "reads book of btc" in w]
    covers = f"covers 40 of the {bars} bars of M1, between 2026-06-26 15:01 and 2026-06-26 15:40"
    assert f"{covers}: elsewhere it is UNKNOWN" in text
