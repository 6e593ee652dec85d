"""Reads a scenario: markets, bars, plan, account and what is expected, each figure with its arithmetic beside it.

    about What it shows.
    mirror 100             also run upside down around that price, BUY and SELL exchanged (see mirror.py)
    market x               TOML over the made-up market of `defaults`
    bars x M1              time open high low close [spread in points]; `09:05-09:30` repeats a bar; `on DATE` is a day
    plan                   any number of plans and guards
    account                TOML: balance, currency, mode, stop_out
    expect                 every event in any order, and the balance
      09:02 p entry 10 lots at 100.02              also add, stop, target, take, close, stop_out
      09:05 p stop 10 lots at 99.00 leg 1 profit -10.20 commission 3.50 better 101.00
      09:03 p no entry: late                       a decision that sends nothing; also `no add: ...`
      09:03 p no entry: limit g 3.5765             a LIMIT of the guard g, and what it would have read
      09:05 account margin call 6200.00 of 6250.00   equity and used margin
      09:03 p stop to 99.50 [: stop_passed]        MOVE STOP, done or not
      09:03 p order cancelled                      also expired, halted
      09:03 p halt                                 also half_open, reset, alert
      09:02 p unknown: OPTIONAL close > sma(5)     an OPTIONAL part of the entry that was sent
      00:00 p swap -1.50
      balance 9989.80

Sections begin at the margin, their lines are indented, `#` begins a comment. Decisions that an order follows are seen
in their fills and not listed.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tradeplan.dsl.timeframe import milliseconds

DATE = "2024-01-02"
"""A Tuesday: the day of all times that stand below no `on DATE`."""
CLOCK = re.compile(r"\d\d:\d\d")
PRICE = r"\d+\.\d+"
FILL = re.compile(
    rf"(?P<plan>\w+) (?P<reason>entry|add|stop|target|take|close|stop_out) (?P<lots>[\d.]+) lots? at (?P<price>{PRICE})"
    rf"(?: leg (?P<leg>\d+))?(?: profit (?P<profit>-?\d+\.\d\d))?(?: commission (?P<commission>\d+\.\d\d))?"
    rf"(?: better (?P<better>{PRICE}))?"
)
MOVE = re.compile(rf"(?P<plan>\w+) stop to (?P<price>{PRICE})(?:: (?P<reason>\w+))?")
OTHER = re.compile(
    r"\w+ (?:no (?:entry|add): (?:\w+|limit \w+ (?:\d+\.\d{4}|unknown))"
    r"|order (?:cancelled|expired|halted)|halt|half_open|reset|alert|unknown: .+|margin call [\d.]+ of [\d.]+)"
)
SWAP = re.compile(r"\w+ swap -?\d+\.\d\d(?: leg \d+)?")


@dataclass(frozen=True)
class Row:
    """One bar; `spread` in points."""

    time: int
    open: float
    high: float
    low: float
    close: float
    spread: int


@dataclass(frozen=True)
class Event:
    """One expected event: a time in UTC ms and the rest of its line."""

    time: int
    text: str


@dataclass
class Scenario:
    """A scenario as written."""

    name: str
    about: str = ""
    mirror: float | None = None
    markets: dict[str, dict[str, Any]] = field(default_factory=dict)
    bars: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    plan: str = ""
    account: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    balance: str = ""


class ScenarioError(ValueError):
    """A scenario that cannot be read; the message names the line."""


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file."""
    return parse_scenario(path.read_text(encoding="utf-8"), path.stem)


def parse_scenario(text: str, name: str) -> Scenario:
    """A scenario from its text."""
    scenario = Scenario(name)
    for head, lines in _sections(text):
        match head:
            case ["about", *words]:
                scenario.about = " ".join(words)
            case ["mirror", around]:
                scenario.mirror = float(around)
            case ["market", market]:
                scenario.markets[market] = tomllib.loads("\n".join(lines))
            case ["bars", market, timeframe]:
                scenario.bars[market, timeframe] = _bars(lines, milliseconds(timeframe))
            case ["plan"]:
                scenario.plan = "\n".join(lines) + "\n"
            case ["account"]:
                scenario.account = tomllib.loads("\n".join(lines))
            case ["expect"]:
                _expect(scenario, lines)
            case _:
                raise ScenarioError(f"{name}: no section is called `{' '.join(head)}`")
    missing = [what for what in ("about", "bars", "plan", "balance") if not getattr(scenario, what)]
    if missing:
        raise ScenarioError(f"{name}: no {', '.join(missing)}")
    return scenario


def _sections(text: str) -> list[tuple[list[str], list[str]]]:
    found: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        plain = line.partition("#")[0].rstrip()
        if not plain:
            continue
        if line[0] != " ":
            found.append((plain.split(), []))
        elif found:
            found[-1][1].append(plain[2:])
    return found


def moment(day: str, clock: str) -> int:
    """UTC milliseconds of a date and a time."""
    return round(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC).timestamp()) * 1000


def _dated(lines: list[str]) -> list[tuple[str, str]]:
    day, found = DATE, []
    for line in lines:
        if line.startswith("on "):
            day = line.split()[1]
        else:
            found.append((day, line.strip()))
    return found


def _bars(lines: list[str], step: int) -> list[Row]:
    rows = []
    for day, line in _dated(lines):
        clock, *numbers = line.split()
        if len(numbers) not in (4, 5):
            raise ScenarioError(f"`{line}`: expected time open high low close, and perhaps spread")
        first, _, last = clock.partition("-")
        prices = [float(n) for n in numbers[:4]]
        spread = int(numbers[4]) if len(numbers) == 5 else 0
        for time in range(moment(day, first), moment(day, last or first) + 1, step):
            rows.append(Row(time, prices[0], prices[1], prices[2], prices[3], spread))
    return rows


def _expect(scenario: Scenario, lines: list[str]) -> None:
    for day, line in _dated(lines):
        clock, _, rest = line.partition(" ")
        rest = " ".join(rest.split())
        if clock == "balance":
            scenario.balance = rest
        elif not CLOCK.fullmatch(clock) or not any(p.fullmatch(rest) for p in (FILL, MOVE, OTHER, SWAP)):
            raise ScenarioError(f"{scenario.name}: `{line}` is no event")
        else:
            scenario.events.append(Event(moment(day, clock), rest))
