"""What a run is made of, as its database remembers it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.live.words import time_text
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.journal import Journal


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is made of; a database remembers it and refuses another. `start` None: where the run began, or the
    first bar of `span`. `keep_days`: how long refused decisions and alerts are kept, None for ever."""

    feed: str
    account: AccountConfig
    start: int | None
    end: int
    first_bar: int = 0
    keep_days: int | None = None


def account_text(account: AccountConfig) -> str:
    """The account's settings as one line, the same for equal settings."""
    return json.dumps(asdict(account), sort_keys=True)


def keep_settings(journal: Journal, settings: Settings, broker: str | None) -> int:
    """Have the database remember them; returns where the run begins (UTC ms). Raises StoreError for another run's."""
    journal.keep_setting("feed", settings.feed)
    if broker is not None:
        journal.keep_setting("broker", broker)
    journal.keep_setting("account", account_text(settings.account))
    start = settings.start
    if start is None:
        known = journal.setting("start")
        start = settings.first_bar if known is None else int(known)
    journal.keep_setting("start", str(start))
    if start >= settings.end:
        raise StoreError(
            f"the run starts at {time_text(start)} UTC, which is not before its end {time_text(settings.end)}:"
            " give a later --to, or another file with --db"
        )
    return start
