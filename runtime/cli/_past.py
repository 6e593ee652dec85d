"""The bars of a run, found again from what its database says of its feed."""

from __future__ import annotations

import re
from pathlib import Path

import click
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.cli._load import markets_of, open_dataset
from tradeplan.runtime.feed.past import bars_folder, day_of, fed_before
from tradeplan.runtime.live.feed import Past
from tradeplan.runtime.live.recovery import past_of
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.watch.past import PastJournal, World
from tradeplan.stdlib.registry import catalog

USUAL = ("btc", "dxy", "eurusd", "gold", "usdjpy")
"""The markets that a simulated run has even if no plan reads them."""
_SIMULATED = re.compile(r"sim days=(\d+) seed=(-?\d+)")


def world_of_run(journal: PastJournal, data: Path | None, as_scheduled: bool = False) -> World:
    """Everything that the run was made of. `data` says where its bars are, if not where they were.

    Bars that came late to a run close when they came, or, `as_scheduled`, when they should have.
    """
    account = journal.account()
    functions, markets, graph = catalog(), load_facts().with_account(account.currency), Graph()
    feed = journal.setting("feed") or ""
    simulated = _SIMULATED.fullmatch(feed)
    if feed.startswith("mt5 "):
        return World(_fed(journal, feed, account.currency, as_scheduled), functions, markets, graph)
    if data is None and simulated is None:
        data = Path(feed.removeprefix("replay "))
        if not feed.startswith("replay ") or not data.exists():
            raise click.UsageError(f"the bars of this run (`{feed}`) are not there: say where they are with --data DIR")
    checked = [check_source(Source(file, text), functions, markets, graph) for file, text in journal.texts()]
    read = markets_of([p for c in checked for p in c.plans], [g for c in checked for g in c.guards])
    days, seed = (int(x) for x in simulated.groups()) if simulated is not None else (0, 0)
    names = sorted({*read, *(USUAL if simulated is not None else ())})
    return World(open_dataset(data, names, days, seed, account.currency), functions, markets, graph)


def _fed(journal: PastJournal, feed: str, currency: str, as_scheduled: bool) -> Dataset:
    """What a terminal fed to a run."""
    past = Past() if as_scheduled else past_of(journal)
    profiles, day = load_profiles().with_account(currency), day_of(feed)
    return fed_before(bars_folder(journal.path), profiles if day is None else profiles.with_day(day), past)
