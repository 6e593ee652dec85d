"""The broker of a MetaTrader 5 terminal for commands: the account by its name, real money only when it is meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from tradeplan.runtime.broker.account import AccountName, AccountRule, BrokerError
from tradeplan.runtime.broker.limits import EXAMPLE, UNLIMITED, load_limits
from tradeplan.runtime.broker.mt5 import Markets, Mt5Broker, Say
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.terminal import BridgeError, Terminal


@dataclass(frozen=True, slots=True)
class FeedTimes:
    """The broker's clock as the feed measures it."""

    feed: Mt5Feed

    def now(self) -> int:
        """UTC milliseconds."""
        return self.feed.now()

    def to_utc_ms(self, seconds: float) -> int:
        """UTC milliseconds of a time that the broker gave."""
        return self.feed.clock.to_utc_ms(seconds)

    def to_broker(self, ms: int) -> int:
        """Whole seconds of the broker's clock."""
        return self.feed.clock.to_broker(ms)


def check_options(feed: str, broker: str, account: str | None, real: bool, limits: Path | None) -> None:
    """Raises click.UsageError when what was asked for does not go together."""
    if broker != "mt5":
        if account is not None or real or limits is not None:
            raise click.UsageError("--account, --real and --limits say something about a broker: give --broker mt5")
        return
    if feed != "mt5":
        raise click.UsageError("orders need prices of the same terminal: give --feed mt5 with --broker mt5")
    if account is None:
        raise click.UsageError("name the account that may be traded: --account LOGIN@SERVER")
    if real and limits is None:
        raise click.UsageError(f"real money needs --limits FILE, what is sent at the most; for example\n{EXAMPLE}")


def mt5_broker(
    terminal: Terminal, feed: Mt5Feed, config: AccountConfig, account: str, real: bool, limits: Path | None, say: Say
) -> Mt5Broker:
    """The broker, once the terminal is logged in to the account that was named. Raises click.UsageError."""
    try:
        rule = AccountRule(AccountName.parse(account), config.currency, config.netting, real)
        ceilings = UNLIMITED if limits is None else load_limits(limits)
        info = terminal.call("account_info").value
        objection = "the terminal tells no account" if info is None else rule.objection(info)
    except (BrokerError, BridgeError) as error:
        raise click.UsageError(str(error)) from error
    if objection is not None:
        raise click.UsageError(objection)
    if limits is None:
        say("no --limits: nothing stands below the plans on this account")
    profiles = load_profiles().with_account(config.currency)
    markets = Markets(terminal, profiles)
    # whatever it has to say is out of the ordinary: what went as it should is in the database
    return Mt5Broker(terminal, FeedTimes(feed), rule, ceilings, markets, lambda text: say(Urgent(text, "order")))
