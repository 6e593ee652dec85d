"""The bars and streams of a run on a live feed, as its engine saw them: for who looks at it, also while it runs."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from tradeplan.runtime.feed.keeper import Keeper
from tradeplan.runtime.feed.news_source import kept_news
from tradeplan.runtime.feed.stream_keeper import StreamKeeper
from tradeplan.runtime.live.feed import Past
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.streams.growing import GrowingStreams

_FEED = re.compile(r"mt5 (?P<server>.*?)(?: day=(?P<day>.+))?")


def feed_text(server: str, day: str | None) -> str:
    """What a run's database remembers of a feed; another server or day would be another run."""
    return f"mt5 {server}" + (f" day={day}" if day is not None else "")


def day_of(feed: str) -> str | None:
    """The broker's day that a feed was started with, None: that of the profiles. Raises ValueError for another feed."""
    match = _FEED.fullmatch(feed)
    if match is None:
        raise ValueError(f"`{feed}` is no feed of a terminal")
    return match["day"]


def bars_folder(database: Path) -> Path:
    """Where the bars of a run are kept: beside its database."""
    return database.with_name(f"{database.name}.bars")


def fed_before(folder: Path, profiles: Profiles, past: Past) -> Growing:
    """All that was fed to a run, complete from the beginning but for what the past tells; nothing is written."""
    keeper = StreamKeeper(folder, "")
    streams = GrowingStreams(keeper)
    for (market, name), kept in keeper.kept().items():
        streams.rest(market, name, kept)
    dataset = Growing(profiles, past.late, streams, versions=partial(kept_news, folder))
    dataset.expect_series(past.later)
    for (market, timeframe), rates in Keeper.peek(folder).items():
        if profiles.get(market) is not None:
            dataset.feed(market, timeframe, rates)
    return dataset
