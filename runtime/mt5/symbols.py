"""Which symbol of a broker a profile means: one that the profile names, or else the near ones to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isclose
from typing import NamedTuple

from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.mt5.structs import SymbolInfo
from tradeplan.runtime.mt5.terminal import NOBODY, BridgeError, Call, Terminal


class Resolved(NamedTuple):
    """A profile's symbol at this broker: its SymbolInfo, or None and the names that look like it."""

    profile: SymbolProfile
    info: SymbolInfo | None
    near: tuple[str, ...] = ()


def known(terminal: Terminal, profiles: Sequence[SymbolProfile]) -> dict[str, SymbolInfo]:
    """The first of each profile's `symbols` that the broker knows, by the profile's name, in one round trip.

    A symbol that merely looks like it (`EURUSD.m`) is never taken: another suffix is another contract. Raises
    BridgeError, also where the package says that the terminal is gone: that is no broker without the symbol.
    """
    asked = [(profile, name) for profile in profiles for name in profile.symbols]
    found: dict[str, SymbolInfo] = {}
    for (profile, _), reply in zip(
        asked, terminal.batch([Call("symbol_info", (name,)) for _, name in asked]), strict=True
    ):
        if reply.value is not None:
            found.setdefault(profile.name, reply.value)
        elif reply.error[0] in NOBODY:
            raise BridgeError(f"the terminal does not answer: {reply.error[1]} ({reply.error[0]})")
    return found


def unlike(profile: SymbolProfile, info: SymbolInfo) -> str:
    """What sizes and prices rest on and is another at the broker, in words; empty if they fit.

    A coarser step or tick in the profile fits: its sizes and prices are the broker's too.
    """
    found = []
    for key, ours, theirs in (
        ("contract_size", profile.contract_size, info.trade_contract_size),
        ("point", profile.point, info.point),
    ):
        if not isclose(ours, theirs, rel_tol=1e-9):
            found.append(f"`{key}` is {theirs:g} at the broker and {ours:g} in the profile")
    for key, ours, theirs in (
        ("tick_size", profile.tick_size, info.trade_tick_size or info.point),
        ("lot_step", profile.lot_step, info.volume_step),
    ):
        if not theirs > 0 or Decimal(repr(ours)) % Decimal(repr(theirs)):
            found.append(f"`{key}` is {theirs:g} at the broker and {ours:g} in the profile")
    if info.currency_profit != profile.profit_currency:
        found.append(
            f"`profit_currency` is {info.currency_profit} at the broker and {profile.profit_currency} in the profile"
        )
    return "; ".join(found)


def alike(terminal: Terminal, profiles: Sequence[SymbolProfile]) -> dict[str, tuple[str, ...]]:
    """The broker's symbols whose names hold one of a profile's, by the profile's name; raises BridgeError."""
    masks = [",".join(f"*{name}*" for name in profile.symbols if len(name) >= 3) or "!*" for profile in profiles]
    groups = terminal.batch([Call("symbols_get", (), {"group": mask}) for mask in masks]) if profiles else []
    return {
        profile.name: tuple(info.name for info in reply.value or ())
        for profile, reply in zip(profiles, groups, strict=True)
    }


def resolve(terminal: Terminal, profiles: Sequence[SymbolProfile]) -> list[Resolved]:
    """What `known` finds, with what is alike of the others, in two round trips; raises BridgeError."""
    found = known(terminal, profiles)
    near = alike(terminal, [profile for profile in profiles if profile.name not in found])
    return [Resolved(profile, found.get(profile.name), near.get(profile.name, ())) for profile in profiles]
