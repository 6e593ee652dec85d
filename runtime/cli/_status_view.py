"""The picture of a run that `plan status` shows."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from tradeplan.runtime.cli._load import time_text
from tradeplan.runtime.live.words import scope_text
from tradeplan.runtime.store.room import room_text
from tradeplan.runtime.store.snapshot import RunStatus

_SILENT_MS = 120_000
"""A running program that has written nothing for so long may hang."""
_WORDS = {
    "armed": "armed",
    "WARMING": "WARMING",
    "blocked": "blocked",
    "position": "in the market",
    "order": "order waits",
    "running": "armed",
    "retired": "retired",
    "put aside": "put aside",
}
_STYLES = {"armed": "green", "WARMING": "yellow", "blocked": "red", "position": "cyan", "order": "cyan"}
_WHY = {
    "retired": "waits for the end of its position or order; the folder holds another version or none;"
    " `plan migrate` moves a position to another version",
    "put aside": "failed: its position keeps stop and target at the broker",
}


def status_view(status: RunStatus) -> RenderableType:
    """All of it, as rich prints it; what is empty is left out."""
    parts: list[RenderableType] = [*_head(status), _plans(status)]
    if status.positions:
        parts.append(_positions(status))
    parts += _blocking(status)
    if status.feeds:
        parts.append(_feeds(status))
    if status.decisions:
        parts.append(_decisions(status))
    for alert in status.alerts:
        parts.append(Text(f"alert {time_text(alert['time'])} `{alert['plan']}`: {alert['text']}"))
    return Group(*parts)


def _head(status: RunStatus) -> list[Text]:
    running = "running" if status.running else "not running now"
    lines = [
        f"feed      {status.feed}",
        f"time      {time_text(status.time)} UTC, {running}{_silence(status)}",
        f"account   balance {status.balance:,.2f}, equity {status.equity:,.2f} {status.currency}",
    ]
    if status.trouble:
        lines.append(f"broker    NOTHING IS SENT: {status.trouble}")
    if status.outages:
        lines.append(f"outages   {status.outages}")
    if status.room is not None:
        low = f"LOW, {status.room.wanted / 1e6:.0f} MB should be free: " if status.room.low else ""
        lines.append(f"disk      {low}{room_text(status.room)}")
    words = ", ".join(f"{n} {state}" for state, n in sorted(status.intents.items()))
    return [Text(line) for line in (*lines, f"orders    {words or 'none yet'}")]


def _silence(status: RunStatus) -> str:
    if not status.running or status.written is None:
        return ""
    silent = time.time_ns() // 1_000_000 - status.written
    return f"; nothing written for {span_text(silent)}" if silent >= _SILENT_MS else ""


def _plans(status: RunStatus) -> Table:
    table = Table("plan", "version", "state", "why", box=None, header_style="bold")
    states = {s["name"]: s for s in status.states}
    for p in status.plans:
        found: dict[str, Any] = states.get(p["name"], {})
        state = p["state"] if p["state"] != "running" else found.get("state", "running")
        blocks = found.get("blocks") or []
        part = found.get("part") or ""
        if state == "armed" and not part and not blocks:
            part = "its rule is TRUE: an entry is taken when it becomes TRUE"
        why = _WHY.get(state) or (part if state in ("armed", "WARMING") else "; ".join(blocks) or part)
        table.add_row(p["name"], p["version"], Text(_WORDS.get(state, state), style=_STYLES.get(state, "")), Text(why))
    for g in status.guards:
        table.add_row(g["name"], g["version"], "guard", Text(_breakers(status, g["name"])))
    if not status.plans:
        table.add_row("-", "-", "no plan runs", "")
    return table


def _breakers(status: RunStatus, guard: str) -> str:
    words = []
    for b in status.breakers:
        if b["guard"] == guard:
            tries = f", `{b['probe']}` tries" if b["probe"] else ""
            until = f" until {time_text(b['until'])} UTC" if b["until"] else ""
            words.append(f"rule {b['rule'] + 1} is {b['state'].replace('_', '-')}{until}{tries}")
    return "; ".join(words)


def _positions(status: RunStatus) -> Table:
    table = Table(
        "open", "market", "side", "lots", "entry", "stop", "since", "from entry", box=None, header_style="bold"
    )
    for p in status.positions:
        side = "long" if p["side"] > 0 else "short"
        numbers = (f"{p['lots']:g}", f"{p['entry']:g}", f"{p['stop']:g}")
        table.add_row(p["plan"], p["market"], side, *numbers, time_text(p["opened"]), f"{p['profit']:+g}")
    return table


def _blocking(status: RunStatus) -> list[Text]:
    lines = []
    for hold in status.holds:
        why = hold["why"] or "by a person"
        back = f"plan resume {hold['scope']}".rstrip()
        lines.append(
            f"{scope_text(hold['scope'])} is halted since {time_text(hold['since'])} UTC: {why}; `{back}` lifts it"
        )
    for halt in status.halts:
        until = "a person resumes" if halt["until"] is None else f"{time_text(halt['until'])} UTC"
        lines.append(f"halted by `{halt['owner']}` since {time_text(halt['since'])} UTC until {until}")
    for q in status.quarantined:
        lines.append(f"put aside: `{q['name']}` version {q['version']}: {q['why']}")
    for file in status.broken:
        lines.append(f"broken: `{file}`; its last good version, if there was one, runs; `plan check` explains")
    return [Text(line) for line in lines]


def _feeds(status: RunStatus) -> Table:
    table = Table("bars", "timeframe", "newest", "age", "market is", box=None, header_style="bold")
    for f in status.feeds:
        newest = "none" if f["newest"] is None else time_text(f["newest"])
        age = "-" if f["age"] is None else span_text(f["age"])
        table.add_row(f["market"], f["timeframe"], newest, age, "open" if f["open"] else "closed")
    return table


def _decisions(status: RunStatus) -> Table:
    table = Table("decided", "plan", "rule", "what", "outcome", box=None, header_style="bold")
    for d in reversed(status.decisions):
        rule = "-" if d["rule"] < 0 else str(d["rule"] + 1)
        table.add_row(time_text(d["time"]), d["plan"], rule, d["action"], d["outcome"])
    return table


def span_text(milliseconds: int) -> str:
    """A span in the two largest units that say something: 3d 4h, 5m 10s, 0s."""
    seconds = milliseconds // 1000
    units = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
    words = []
    for size, unit in units:
        if seconds >= size:
            words.append(f"{seconds // size}{unit}")
            seconds %= size
    return " ".join(words[:2]) or "0s"
