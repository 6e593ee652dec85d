"""The account that a run may trade on: named on the command line, and checked again with every reading."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tradeplan.runtime.mt5.constants import (
    ACCOUNT_MARGIN_MODE_RETAIL_HEDGING,
    ACCOUNT_TRADE_MODE_REAL,
)
from tradeplan.runtime.mt5.structs import AccountInfo


class BrokerError(Exception):
    """The broker cannot be used as asked; the message says what happened and what to do."""


@dataclass(frozen=True, slots=True)
class AccountName:
    """`LOGIN@SERVER`."""

    login: int
    server: str

    @classmethod
    def parse(cls, text: str) -> AccountName:
        """Read what --account gives. Raises BrokerError."""
        found = re.fullmatch(r"(\d{1,18})@(\S.*)", text.strip())
        if found is None:
            raise BrokerError(f"--account: `{text}` names no account: expected LOGIN@SERVER, such as 5001@Broker-Demo")
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.login}@{self.server}"


@dataclass(frozen=True, slots=True)
class AccountRule:
    """What an account must be for this run: its name, currency and mode; `real`: real money was asked for."""

    name: AccountName
    currency: str
    netting: bool
    real: bool = False

    def objection(self, info: AccountInfo) -> str | None:
        """Why this run must not trade on an account, None if it may."""
        here = f"{info.login}@{info.server}"
        if (info.login, info.server) != (self.name.login, self.name.server):
            return f"the terminal is logged in to `{here}`, this run is for `{self.name}`: log in to that account"
        if info.currency != self.currency:
            return f"`{here}` is kept in {info.currency}, this run in {self.currency}: give --currency {info.currency}"
        netting = info.margin_mode != ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
        if netting != self.netting:
            mode = "netting" if netting else "hedging"
            return f"`{here}` is a {mode} account: give --mode {mode}, with a database of its own"
        if info.trade_mode == ACCOUNT_TRADE_MODE_REAL and not self.real:
            return f"`{here}` is real money: give --real as well if that is meant"
        return None
