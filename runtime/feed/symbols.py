"""What a broker calls a market, and the digest of what it says about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tradeplan.runtime.feed.asking import TerminalAway, ask
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.mt5.symbols import alike, known
from tradeplan.runtime.mt5.terminal import BridgeError, Call, Terminal

MATTERS = (
    "digits",
    "point",
    "trade_tick_size",
    "trade_contract_size",
    "volume_min",
    "volume_max",
    "volume_step",
    "volume_limit",
    "trade_stops_level",
    "trade_freeze_level",
    "trade_mode",
    "trade_exemode",
    "trade_calc_mode",
    "filling_mode",
    "order_mode",
    "expiration_mode",
    "currency_base",
    "currency_profit",
    "currency_margin",
)
"""The fields of a specification on which sizes, prices and orders rest; swaps and sessions may change daily."""

Specification = dict[str, Any]


def resolve(terminal: Terminal, profiles: Iterable[SymbolProfile]) -> dict[str, str]:
    """The broker's symbol of each market that it has, put into Market Watch. Raises TerminalAway."""
    try:
        found = {market: info.name for market, info in known(terminal, list(profiles)).items()}
    except BridgeError as error:
        raise TerminalAway(str(error)) from error
    ask(terminal, [Call("symbol_select", (symbol, True)) for symbol in found.values()])
    return found


def near(terminal: Terminal, profile: SymbolProfile) -> tuple[str, ...]:
    """The broker's symbols that look like a market that it does not have by name. Raises TerminalAway."""
    try:
        return alike(terminal, [profile])[profile.name]
    except BridgeError as error:
        raise TerminalAway(str(error)) from error


def no_symbol(terminal: Terminal, profile: SymbolProfile) -> str:
    """That the broker does not have a market, and what it may have meant, in words. Raises TerminalAway."""
    looked_for = ", ".join(f"`{name}`" for name in profile.symbols)
    found = ", ".join(f"`{name}`" for name in near(terminal, profile))
    hint = f"; it has {found}: if that is the market, name it in the profile's `symbols`" if found else ""
    return f"the broker has no symbol for {profile.name} (looked for {looked_for}), so it has no bars{hint}"


def specification(info: Any) -> Specification:
    """What matters of a SymbolInfo."""
    return {name: getattr(info, name) for name in MATTERS}


class Specifications:
    """What brokers said of markets when it was last accepted, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Specification] = {}
        if path.is_file():
            self._known = json.loads(path.read_text(encoding="utf-8"))

    def changed(self, market: str, now: Specification) -> list[str]:
        """What is different from before, in words; what is said now is what is compared with from here on."""
        before = self._known.get(market)
        self._known[market] = now
        if before == now:
            return []
        aside = self._path.with_suffix(".part")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(json.dumps(self._known, indent=1, sort_keys=True), encoding="utf-8")
        aside.replace(self._path)
        if before is None:
            return []
        return [f"{name} was {before.get(name)}, is {now[name]}" for name in now if before.get(name) != now[name]]
