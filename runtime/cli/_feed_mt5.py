"""The feed of a MetaTrader 5 terminal for commands: connects, and says what to do where that is not possible."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.feed.asking import TerminalAway, ask
from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.feed.past import bars_folder, feed_text
from tradeplan.runtime.live.instance import Settings
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.client import Client
from tradeplan.runtime.mt5.connect import connect
from tradeplan.runtime.mt5.terminal import BridgeError, Call

END = 2_493_072_000_000
"""2049-01-01: a live feed goes on; sessions are laid out until 2050."""
MINUTE = 60_000


class AwayError(click.ClickException):
    """What is no mistake of the command: the same one may do later, so a service is started again after it."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h; 2, a mistake, is what services are not started again after


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal's feed and the settings of a run on it."""

    feed: Mt5Feed
    settings: Settings
    client: Client


@contextmanager
def mt5_feed(
    bridge: str | None,
    database: Path,
    server_day: str | None,
    history: int,
    calendar: str | None,
    account: AccountConfig,
    trades: bool = False,
) -> Iterator[Terminal]:
    """The feed of the terminal behind a bridge, while the context lasts.

    Raises click.UsageError for what is to be put right, AwayError where the terminal does not answer.
    """
    try:
        connection = connect(bridge, read_only=not trades)
    except BridgeError as error:
        raise click.UsageError(str(error)) from error
    with connection:
        try:
            (reply,) = ask(connection.client, [Call("account_info")])
            if reply.value is None:
                raise click.UsageError(f"the terminal is logged in to no account: {reply.error[1]} ({reply.error[0]})")
            profiles = load_profiles().with_account(account.currency)
            if server_day is not None:
                profiles = profiles.with_day(server_day)
            feed = Mt5Feed(connection.client, profiles, bars_folder(database), history_bars=history, calendar=calendar)
            now = time.time_ns() // 1_000_000
            settings = Settings(feed_text(str(reply.value.server), server_day), account, None, END, now - now % MINUTE)
            yield Terminal(feed, settings, connection.client)
        except (MarketError, ValueError) as error:
            raise click.UsageError(str(error)) from error
        except TerminalAway as error:
            raise AwayError(f"the terminal does not answer: {error}; `plan mt5 doctor` tells more") from error
