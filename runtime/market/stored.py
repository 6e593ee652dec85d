"""Which timeframes of which markets a data folder can answer: stored ones, and those aggregated from finer ones."""

from __future__ import annotations

from pathlib import Path

from tradeplan.dsl.catalog import Markets
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.aggregate import divides
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles


def markets_with_data(folder: Path) -> Markets:
    """The market facts with the timeframes and streams that `folder` can give; raises DataError, ProfileError."""
    dataset = Dataset.open(folder, load_profiles())
    timeframes = {
        market: tuple(
            t
            for t in TIMEFRAMES
            if t in dataset.timeframes(market) or any(divides(s, t) for s in dataset.timeframes(market))
        )
        for market in dataset.markets()
    }
    return load_facts(timeframes=timeframes, streams={market: dataset.streams(market) for market in dataset.markets()})
