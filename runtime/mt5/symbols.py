"""Which symbol of a broker a profile means: one that the profile names, or else the near ones to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.mt5.structs import SymbolInfo
from tradeplan.runtime.mt5.terminal import Call, Terminal


class Resolved(NamedTuple):
    """A profile's symbol at this broker: its SymbolInfo, or None and the names that look like it."""

    profile: SymbolProfile
    info: SymbolInfo | None
    near: tuple[str, ...] = ()


def resolve(terminal: Terminal, profiles: Sequence[SymbolProfile]) -> list[Resolved]:
    """The first of each profile's `symbols` that the broker knows, in two round trips; raises BridgeError.

    A symbol that merely looks like it (`EURUSD.m`) is never taken: another suffix is another contract.
    """
    asked = [(profile, name) for profile in profiles for name in profile.symbols]
    replies = terminal.batch([Call("symbol_info", (name,)) for _, name in asked])
    found: dict[str, SymbolInfo] = {}
    for (profile, _), reply in zip(asked, replies, strict=True):
        if reply.value is not None:
            found.setdefault(profile.name, reply.value)
    missing = [profile for profile in profiles if profile.name not in found]
    masks = [",".join(f"*{name}*" for name in profile.symbols if len(name) >= 3) or "!*" for profile in missing]
    groups = terminal.batch([Call("symbols_get", (), {"group": mask}) for mask in masks]) if missing else []
    near = {
        profile.name: tuple(info.name for info in reply.value or ())
        for profile, reply in zip(missing, groups, strict=True)
    }
    return [Resolved(profile, found.get(profile.name), near.get(profile.name, ())) for profile in profiles]
