"""Closes what a run has at the broker without asking the run: for when it hangs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tradeplan.runtime.broker.account import AccountName, BrokerError
from tradeplan.runtime.broker.identity import is_ours
from tradeplan.runtime.broker.requests import Traded, close_order, removal
from tradeplan.runtime.broker.retcodes import Verdict
from tradeplan.runtime.broker.sending import Fillings, Request, send
from tradeplan.runtime.mt5.structs import TradeOrder
from tradeplan.runtime.mt5.structs import TradePosition as Position
from tradeplan.runtime.mt5.symbol_rules import lifetime
from tradeplan.runtime.mt5.terminal import Terminal

MAGIC = 0x5450 << 47 | 1
"""The magic number of these closes: ours, and of no intent."""


ROUNDS = 5
"""How often what is left of a position is closed: brokers fill in parts, and take so much in one order."""


class Ours(NamedTuple):
    """Positions and orders that carry this program's mark."""

    positions: tuple[Position, ...]
    orders: tuple[TradeOrder, ...]


def ours(terminal: Terminal, account: AccountName) -> Ours:
    """What there is on the account that was named. Raises BrokerError, and BridgeError when nobody answers."""
    info = terminal.call("account_info").value
    if info is None or (info.login, info.server) != (account.login, account.server):
        here = "no account" if info is None else f"`{info.login}@{info.server}`"
        raise BrokerError(f"the terminal is logged in to {here}, not to `{account}`: nothing was done")
    positions, orders = terminal.call("positions_get"), terminal.call("orders_get")
    if positions.value is None or orders.value is None:
        raise BrokerError(f"the terminal does not tell its positions: {positions.error[1]}, {orders.error[1]}")
    return Ours(
        tuple(p for p in positions.value if is_ours(p.magic)), tuple(o for o in orders.value if is_ours(o.magic))
    )


def flatten(terminal: Terminal, account: AccountName, found: Ours, say: Callable[[str], None]) -> Ours:
    """Cancel and close what was found, parts that are left as well; what the terminal still shows in the end.

    INVARIANT: a close is repeated only for a position that has become smaller since: one that looks as before may have
    been closed without its being shown, and on a netting account a second close opens a position the other way round.
    """
    close_all(terminal, found, say)
    for _ in range(ROUNDS):
        volumes = {p.ticket: p.volume for p in found.positions}
        left = ours(terminal, account)
        rest = tuple(p for p in left.positions if p.volume < volumes.get(p.ticket, 0.0))
        if not rest:
            return left
        found = Ours(rest, ())
        close_all(terminal, found, say)
    return ours(terminal, account)


def close_all(terminal: Terminal, found: Ours, say: Callable[[str], None]) -> int:
    """Cancel and close, orders first; how many of them the broker did not take."""
    fillings, failed = Fillings(terminal), 0
    for order in found.orders:
        failed += not _sent(terminal, removal(order.ticket, order.symbol), f"order {order.ticket}", say)
    for position in found.positions:
        tick = terminal.call("symbol_info_tick", position.symbol).value
        if tick is None:
            say(f"{position.symbol} {position.ticket}: there is no price")
            failed += 1
            continue
        traded = Traded("", position.symbol, 0.01, 0.0, 100)
        info = terminal.call("symbol_info", position.symbol).value
        volume = position.volume if info is None else min(position.volume, info.volume_max)
        request = close_order(traded, position, volume, tick, MAGIC, "tp.direct")
        request |= lifetime(info, int(tick.time))
        request |= {"type_filling": fillings.of(request)}
        failed += not _sent(terminal, request, f"{position.symbol} {position.ticket}", say)
    return failed


def _sent(terminal: Terminal, request: Request, what: str, say: Callable[[str], None]) -> bool:
    told = send(terminal, lambda: request, lambda name: None)
    say(f"{what}: {told.why}")
    return told.verdict is Verdict.DONE
