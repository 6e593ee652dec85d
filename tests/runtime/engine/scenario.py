"""The little language of the hand-computed cases: `load` bars, `eval` plans, `expect` what comes of it.

    case stop_long: the low touches the stop
    market red spread 0.2                 # numbers of the market, see `_MARKET`
    account balance 10000                 # and of the account
    load red M5                           # one bar a line: open high low close [spread]; `-` a missing bar
      100 100.5 99.5 100
    eval                                  # plan text up to `expect`
      PLAN p ...
    expect
      fill o2 entry 100.2 3               # time, reason, price, units [profit [commission]]; `leg 1` and `p2:` optional
      refused c1 entry too_small          # a decision that was not sent
      swap o5 -1.20 / alert c2 text / halt c2 / balance 9985.00 / open 3

Times are `o<n>` and `c<n>`: open and close of bar n of the first market loaded. All fills, refusals, swaps, alerts and
halts of the run must stand there, in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tradeplan.dsl.catalog import Markets
from tradeplan.dsl.catalog.market import MarketFacts
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Alert, Decision, Fill, Halt, Swap
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

MINUTE = 60_000
LENGTHS = {"M1": MINUTE, "M5": 5 * MINUTE, "M15": 15 * MINUTE, "H1": 60 * MINUTE}
_MARKET = {
    "spread": 0.2,  # of every bar, price units; 0 is unknown in the data
    "usual": 0.4,  # the profile's, price units
    "slip": 0.0,
    "commission": 0.0,  # per lot and side
    "contract": 10.0,
    "step": 0.1,
    "min": 0.1,
    "max": 100.0,
    "margin": 0.01,  # rate
    "age": 60.0,  # max_signal_age in minutes
    "long": 0.0,  # swap in money per lot and night
    "short": 0.0,
}
_START = {"monday": 1_704_067_200_000, "tuesday": 1_704_153_600_000, "wednesday": 1_704_240_000_000}
_START["friday"] = _START["wednesday"] + 2 * 86_400_000


@dataclass
class Scenario:
    """One case, as read."""

    name: str
    markets: dict[str, dict[str, str]] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=dict)
    bars: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    plan: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)


def read_scenarios(path: Path) -> list[Scenario]:
    """All cases of a file."""
    found: list[Scenario] = []
    target: list[str] | None = None
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw if target is not None and found and target is found[-1].plan else raw.split("#")[0]
        words = line.split()
        if not words:
            continue
        if line.startswith("case "):
            found.append(Scenario(line.removeprefix("case ").strip()))
            target = None
        elif line.startswith("market "):
            found[-1].markets[words[1]] = dict(zip(words[2::2], words[3::2], strict=True))
        elif line.startswith("account "):
            found[-1].account = dict(zip(words[1::2], words[2::2], strict=True))
        elif line.startswith("load "):
            target = []
            found[-1].bars[words[1]] = (words[2], target)
        elif line.startswith("eval"):
            target = found[-1].plan
        elif line.startswith("expect"):
            target = found[-1].expected
        else:
            assert target is not None, line
            target.append(line.strip())
    return found


def check(scenario: Scenario) -> None:
    """Run a case and compare all that it expects."""
    world = World(scenario)
    result = world.run()
    assert world.seen(result) == [world.canonical(line) for line in scenario.expected]


class World:
    """The markets, account and plans of a case."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.profiles = Profiles([self._profile(name) for name in scenario.bars])
        self.first, self.opens = "", np.zeros(0, dtype=np.int64)
        rates = {}
        for name, (timeframe, rows) in scenario.bars.items():
            rates[(name, timeframe)] = made = self._rates(name, timeframe, rows)
            if not self.first:
                self.first, self.opens, self.length = name, made.time, LENGTHS[timeframe]
        self.dataset = Dataset.from_rates(rates, self.profiles)

    def run(self) -> BacktestResult:
        """The run, interpreted: the same functions without a compiler."""
        facts = Markets([self._facts(p) for p in self.profiles])
        text = "\n".join(self.scenario.plan)
        checked = check_source(Source(self.scenario.name, text), catalog(), facts, Graph())
        assert checked.ok, [f"{d.code}: {d.message}" for d in checked.diagnostics]
        given = self.scenario.account
        account = AccountConfig(
            balance=float(given.get("balance", "10000")),
            mode=given.get("mode", "hedging"),
            stop_out=float(given["stop_out"]) if "stop_out" in given else None,
            record_moves=True,
        )
        kernels = Kernels("interpreted")
        recording = run_backtest(checked.plans, checked.guards, self.dataset, catalog(), account, kernels=kernels)
        return BacktestResult(recording)

    def seen(self, result: BacktestResult) -> list[str]:
        """What happened, in the words of `expect`; only as much of it as the case asks for."""
        asked = [line.split() for line in self.scenario.expected]
        kinds = {words[0] for words in asked}
        many = len(result.recording.program.plans) > 1
        lines = []
        pending = [words for words in asked if words[0] == "fill"]
        for event in result.events:
            match event:
                case Fill():
                    words = pending.pop(0) if pending else []
                    name = f"{event.plan}:" if many else ""
                    line = f"fill {name}{self._when(event.time)} {event.reason} {_price(event.price)} {event.units}"
                    if "leg" in words:
                        line += f" leg {event.leg}"
                    if "profit" in words:
                        line += f" profit {event.profit:.2f}"
                    if "commission" in words:
                        line += f" commission {event.commission:.2f}"
                    if event.better:
                        line += f" better {_price(event.better)}"
                    lines.append(line)
                case Decision() if event.outcome != "sent":
                    name = f"{event.plan}:" if many else ""
                    lines.append(f"refused {name}{self._when(event.time)} {event.about} {event.outcome}")
                case Decision() if event.about == "stop" and "stop" in kinds:
                    lines.append(f"stop {self._when(event.time)} {_price(event.price)}")
                case Swap():
                    lines.append(f"swap {self._when(event.time)} {event.amount:.2f}")
                case Alert():
                    lines.append(f"alert {self._when(event.time)} {event.text}")
                case Halt():
                    until = "" if event.until is None else f" {(event.until - event.time) // MINUTE}m"
                    lines.append(f"halt {self._when(event.time)}{until}")
        for words in asked:
            if words[0] == "balance":
                lines.append(f"balance {result.balance:.2f}")
            elif words[0] == "equity":
                lines.append(f"equity {result.equity:.2f}")
            elif words[0] == "open":
                held = result.recording.open_positions
                lines.append(f"open {int(sum(units for _, _, units in held))}")
        return lines

    def canonical(self, line: str) -> str:
        """An expected line with single blanks, its time as minutes from the first bar."""

        def minutes(found: re.Match[str]) -> str:
            row = int(found[3])
            time = int(self.opens[row]) + (self.length if found[2] == "c" else 0)
            return f"{found[1]}{self._when(time)}"

        return re.sub(r"(^[a-z]+ (?:[a-z]\w*:)?)([oc])(\d+)\b", minutes, re.sub(r"\s+", " ", line))

    def _when(self, time: int) -> str:
        return f"+{(time - int(self.opens[0])) // MINUTE}m"

    def _numbers(self, name: str) -> dict[str, float]:
        given = {k: float(v) for k, v in self.scenario.markets.get(name, {}).items() if k in _MARKET}
        return {**_MARKET, **given}

    def _profile(self, name: str) -> SymbolProfile:
        n = self._numbers(name)
        words = self.scenario.markets.get(name, {})
        sessions: dict[str, object] = {"always": True}
        if words.get("sessions") == "week":
            days = ("monday", "tuesday", "wednesday", "thursday", "friday")
            sessions = dict.fromkeys(days, ("00:00-24:00",))
        return SymbolProfile.model_validate(
            {
                "names": (name,),
                "symbols": (name.upper(),),
                "digits": 1,
                "point": 0.1,
                "pip": 1.0,
                "tick_size": 0.1,
                "contract_size": n["contract"],
                "base_currency": words.get("base", name.upper()[:3]),
                "profit_currency": words.get("profit", "USD"),
                "lot_min": n["min"],
                "lot_step": n["step"],
                "lot_max": n["max"],
                "max_signal_age": f"{int(n['age'])}m",
                "margin": {"rate": n["margin"], "call": 100.0, "stop_out": 50.0},
                "spread": {"by_hour": (n["usual"] / 0.1,) * 24},
                "costs": {"commission": n["commission"], "slippage": n["slip"] / 0.1},
                "swap": {
                    "mode": "money" if n["long"] or n["short"] else "none",
                    "long": n["long"],
                    "short": n["short"],
                },
                "sessions": sessions,
            }
        )

    def _facts(self, p: SymbolProfile) -> MarketFacts:
        return MarketFacts(
            p.names,
            p.digits,
            p.point,
            p.pip,
            p.contract_size,
            p.profit_currency,
            p.account_currency,
            p.lot_min,
            p.lot_max,
            p.lot_step,
        )

    def _rates(self, name: str, timeframe: str, rows: list[str]) -> Rates:
        length = LENGTHS[timeframe]
        words = self.scenario.markets.get(name, {})
        time = _START[words.get("day", "monday")] + int(words.get("from", "0")) * MINUTE
        times, bars, spreads = [], [], []
        for row in rows:
            if row.startswith("skip "):
                time += int(row.split()[1]) * MINUTE
                continue
            if row != "-":
                numbers = [float(x) for x in row.split()]
                times.append(time)
                bars.append(numbers[:4])
                spreads.append(numbers[4] if len(numbers) > 4 else self._numbers(name)["spread"])
            time += length
        prices = np.array(bars, dtype=np.float64)
        points = np.round(np.array(spreads) / 0.1).astype(np.int32)
        ones = np.ones(len(times))
        columns = [np.ascontiguousarray(prices[:, c]) for c in range(4)]
        return Rates(np.array(times, dtype=np.int64), *columns, ones, points, np.zeros(len(times)))


def _price(x: float) -> str:
    return f"{x:.6f}".rstrip("0").rstrip(".")
