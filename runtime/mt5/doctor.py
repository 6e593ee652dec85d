"""Looks a terminal over without changing anything: connection, switches, account, clock; findings say what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tradeplan.runtime.feed.server_rule import EU_DAY, US_DAY, rule
from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.structs import AccountInfo, TerminalInfo, Tick
from tradeplan.runtime.mt5.terminal import Call, Terminal

HALF_HOUR = 1_800_000
_MODES = {0: "demo", 1: "contest", 2: "REAL"}
_MARGIN = {0: "netting", 1: "netting (exchange)", 2: "hedging"}


class Level(StrEnum):
    """How a finding is to be taken."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a thing, and what to do about it (empty if nothing is to be done)."""

    level: Level
    about: str
    what: str
    fix: str = ""


def good(about: str, what: str) -> Finding:
    """As it should be."""
    return Finding(Level.GOOD, about, what)


def note(about: str, what: str, fix: str = "") -> Finding:
    """To know, or not to be told apart from wrong just now."""
    return Finding(Level.NOTE, about, what, fix)


def wrong(about: str, what: str, fix: str) -> Finding:
    """Trading would fail or lose money by it."""
    return Finding(Level.WRONG, about, what, fix)


def examine_terminal(terminal: Terminal) -> tuple[list[Finding], AccountInfo | None]:
    """The terminal, its switches and its account; BridgeError if there is no bridge. None: nobody is logged in."""
    version, info, account = terminal.batch([Call("version"), Call("terminal_info"), Call("account_info")])
    if info.value is None:
        code, text = info.error
        fix = "start the terminal, log in, and look at the messages of `plan mt5 serve`"
        if code == mt5.RES_E_AUTH_FAILED:
            fix = "check TRADEPLAN_MT5_LOGIN, _PASSWORD and _SERVER where `plan mt5 serve` runs"
        return [wrong("terminal", f"it does not answer: {text} ({code})", fix)], None
    build = version.value[1] if version.value else info.value.build
    found = [good("terminal", f"{info.value.name} build {build}, {info.value.company}"), *_switches(info.value)]
    if account.value is None:
        code, text = account.error
        found.append(wrong("account", f"nobody is logged in: {text} ({code})", "log in to the account in the terminal"))
        return found, None
    return found + _account(account.value), account.value


def _switches(info: TerminalInfo) -> list[Finding]:
    found = []
    if not info.connected:
        fix = "check the internet connection and the server's name in the terminal"
        found.append(wrong("terminal", "it has no connection to the broker's server", fix))
    else:
        found.append(good("terminal", f"connected to the server, ping {info.ping_last / 1000:.0f} ms"))
    if not info.trade_allowed:
        found.append(wrong("trading", "Algo Trading is switched off", "press the button Algo Trading in the terminal"))
    if info.tradeapi_disabled:
        fix = "Tools, Options, Expert Advisors: take the mark off `Disable automated trading via external Python API`"
        found.append(wrong("trading", "trading from Python is switched off", fix))
    if info.trade_allowed and not info.tradeapi_disabled:
        found.append(good("trading", "the terminal's switches allow it"))
    if info.maxbars < 100_000:
        fix = "Tools, Options, Charts: set `Max bars in chart` to 100000 or more, and start the terminal again"
        found.append(note("history", f"the terminal keeps {info.maxbars:,} bars of a chart", fix))
    return found


def _account(account: AccountInfo) -> list[Finding]:
    mode, margin = _MODES.get(account.trade_mode, "unknown"), _MARGIN.get(account.margin_mode, "unknown")
    who = f"{account.login}@{account.server}, {mode}, {margin}, {account.currency}, 1:{account.leverage}"
    found = [good("account", who)]
    if not account.trade_allowed:
        fix = "log in with the master password, not the investor's, or ask the broker why trading is off"
        found.append(wrong("trading", "this login may only look", fix))
    if not account.trade_expert:
        found.append(wrong("trading", "the broker does not let programs trade here", "ask the broker"))
    if account.fifo_close:
        found.append(note("account", "positions of a symbol can only be closed oldest first (FIFO)"))
    if account.limit_orders:
        found.append(note("account", f"at most {account.limit_orders} pending orders at once"))
    return found


def examine_clock(
    terminal: Terminal,
    symbols: Sequence[str],
    *,
    days: Collection[str] = (),
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    wait: Callable[[float], None] = time.sleep,
) -> Finding:
    """How far the broker's clock is from UTC, from quotes that move while it looks; `now` is UTC milliseconds.

    `days` are the day boundaries of the profiles: of a broker whose day is another the run must be told.
    """
    if not symbols:
        return note("clock", "not measured: no symbol is there to look at")
    calls = [Call("symbol_info_tick", (name,)) for name in symbols]
    before = _newest([reply.value for reply in terminal.batch(calls)])
    for _ in range(5):
        wait(1.0)
        seen, newest = now(), _newest([reply.value for reply in terminal.batch(calls)])
        if newest > before:
            offset = round((newest - seen) / HALF_HOUR) * HALF_HOUR
            found = _clock(offset, newest - seen - offset)
            return _day(found, offset, seen, days) if found.level is Level.GOOD else found
    fix = "run this again while the market is open: the program waits for moving quotes before it trades"
    return note("clock", "not measured: no quote moved within 5 s", fix)


def _newest(ticks: Sequence[Tick | None]) -> int:
    return max((tick.time_msc for tick in ticks if tick is not None), default=0)


def _clock(offset: int, rest: int) -> Finding:
    zone = f"UTC{offset / 3_600_000:+g}"
    if abs(offset) > 14 * 3_600_000:
        return wrong("clock", f"the quotes are {zone}, which no zone is", "set this machine's clock and zone right")
    if abs(rest) > 3_000:
        where = "ahead of" if rest > 0 else "behind"
        fix = "set this machine's clock by NTP; if it is right, the broker's quotes come late"
        return wrong("clock", f"{zone}, but the quotes are {abs(rest) / 1000:.1f} s {where} this machine's clock", fix)
    return good("clock", f"the broker's is {zone}, within {abs(rest) / 1000:.1f} s of this machine's")


def _day(found: Finding, offset: int, now: int, days: Collection[str]) -> Finding:
    """The same, with the option of `plan run` where the broker's day is not that of the profiles."""
    if all(rule(day).offset_at(now) == offset for day in days):
        return found
    said = " and ".join(f"`{day}`" for day in sorted(days))
    fits = [f'`--server-day "{day}"`' for day in (US_DAY, EU_DAY) if rule(day).offset_at(now) == offset]
    fix = "put `day_boundary` of the profiles right, or give `plan run` the broker's with --server-day"
    if fits:
        fix = f"start runs with {' or '.join(fits)}"
        fix += "; they differ in some weeks of spring and autumn, and the run says which is right" * (len(fits) > 1)
    return note(found.about, f"{found.what}; its day is not that of the profiles, {said}", fix)
