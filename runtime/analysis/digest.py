"""The inputs of an analysis as plain values, and one digest over them: the same inputs give the same figures."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from tradeplan.dsl.graph import ACCOUNT_MARKET
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.engine.market_table import TradedBars
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.news import NewsCalendar

_COLUMNS = ("open_time", "close_time", "open", "high", "low", "close", "tick_volume", "real_volume", "spread")
_RATES = ("rate_open", "rate", "swap_days", "swap_long", "swap_short")


def input_facts(recording: Recording, calendar: NewsCalendar | None) -> dict[str, Any]:
    """Everything that the figures come from: program, account, plans, guards, profiles, series, calendar."""
    dataset = recording.dataset
    owners = recording.program.owners
    plans = {owner.block.name: owner.block.version for owner in recording.program.plans}
    guards = {owner.block.name: owner.block.version for owner in recording.program.guards}
    own = {"fills": recording.source} if recording.source else {}
    return own | {
        "version": importlib.metadata.version("tradeplan"),
        "span": [recording.start, recording.end],
        "account": asdict(recording.account),
        "plans": plans,
        "guards": guards,
        "profiles": {} if dataset is None else _profiles(dataset, sorted(recording.traded)),
        "series": _series(recording, dataset, [owner.block for owner in owners]),
        "calendar": None if calendar is None else {"source": calendar.source, "digest": calendar.digest},
    }


def digest_of(facts: dict[str, Any]) -> str:
    """blake2b over the facts in a form that does not depend on their order."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def _profiles(dataset: Dataset, names: Sequence[str]) -> dict[str, str]:
    """A digest of each traded market's profile: costs and sizes come from there."""
    found = {}
    for name in names:
        text = json.dumps(dataset.profile(name).model_dump(mode="json"), sort_keys=True)
        found[name] = hashlib.blake2b(text.encode("utf-8"), digest_size=16).hexdigest()
    return found


def _series(recording: Recording, dataset: Dataset | None, blocks: Sequence[Any]) -> list[dict[str, Any]]:
    """The series that were traded or read: rows, first open and last close up to the end, and what stands in them."""
    wanted = {(lane.lane.market, lane.lane.timeframe) for lane in recording.traded.values()}
    for block in blocks:
        wanted |= {(lane.market, lane.timeframe) for lane, _ in getattr(block, "lookback", ())}
    rows = []
    for market, timeframe in sorted(w for w in wanted if w[0] != ACCOUNT_MARKET):
        traded = recording.traded.get(market)
        is_traded = traded is not None and traded.lane.timeframe == timeframe
        if is_traded and traded is not None:
            bars: Bars | None = traded.bars.bars
        else:
            bars = None if dataset is None else dataset.bars(market, timeframe)
        count = 0 if bars is None else int(np.searchsorted(bars.close_time, recording.end, side="right"))
        row: dict[str, Any] = {"market": market, "timeframe": timeframe, "rows": count}
        if bars is not None and count:
            row |= {"first": int(bars.open_time[0]), "last": int(bars.close_time[count - 1])}
            row["digest"] = _content(bars, count, traded.bars if is_traded and traded is not None else None)
        rows.append(row)
    return rows


def _content(bars: Bars, count: int, traded: TradedBars | None) -> str:
    """A digest of the columns, and of the rates and swaps that go with traded bars."""
    state = hashlib.blake2b(digest_size=16)
    for name in _COLUMNS:
        state.update(np.ascontiguousarray(getattr(bars, name)[:count]).tobytes())
    for name in _RATES if traded is not None else ():
        column = getattr(traded, name)
        whole = np.array([column]) if isinstance(column, float | int) else np.ascontiguousarray(column[:count])
        state.update(np.asarray(whole, dtype=np.float64).tobytes())
    return state.hexdigest()
