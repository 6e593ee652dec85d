"""Releases of example plans: what was released, and how its decisions are worked out again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.graph import ACCOUNT_MARKET, Graph
from tradeplan.dsl.pipeline import Checked, check_source
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Alert, Decision, Fill, Halt
from tradeplan.runtime.market.columns import digest
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.simulator import DEFAULT_END, simulated_dataset
from tradeplan.stdlib.registry import catalog

RELEASES = Path(__file__).resolve().parent / "releases"
MANIFEST = "manifest.json"
TODAY = date(2026, 1, 1)
"""Fixed, so that an EXPIRES does not change an answer one day."""

DAYS, SEED = 30, 7


@dataclass(frozen=True)
class Release:
    """A folder of a released version: plans, their decisions, and a manifest with the digests of all of them."""

    folder: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """What was written when it was released."""
        found: dict[str, Any] = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        return found

    def plans(self) -> list[Path]:
        """The released plan files."""
        return sorted(self.folder.glob("*.plan"))

    def golden(self, plan: Path) -> list[str]:
        """The decisions of a plan file as they were when it was released."""
        return plan.with_suffix(".decisions").read_text(encoding="utf-8").splitlines()


def releases() -> list[Release]:
    """All releases."""
    return [Release(path.parent) for path in sorted(RELEASES.glob(f"*/{MANIFEST}"))]


def checked(name: str, text: str) -> Checked:
    """A plan file, which must be free of errors; raises AssertionError that shows them."""
    found = check_source(Source(name, text), catalog(), load_facts(), Graph(), TODAY)
    errors = [d for d in found.diagnostics if d.severity is Severity.ERROR]
    assert not errors, f"{name}: a released plan is refused now:\n{render_text(errors)}"
    return found


def markets_of(found: Checked) -> tuple[str, ...]:
    """Every market that the plans of a file read or trade."""
    read = {lane.market for plan in found.plans for lane, _ in plan.lookback}
    return tuple(sorted((read | {plan.market for plan in found.plans}) - {ACCOUNT_MARKET}))


def data_of(markets: tuple[str, ...], days: int = DAYS, seed: int = SEED) -> Dataset:
    """The simulated bars that a release was run on."""
    return simulated_dataset(list(markets), days=days, seed=seed, end_ms=DEFAULT_END)


def data_digest(dataset: Dataset) -> str:
    """What the bars and the calendar are, in one word."""
    whole = hashlib.blake2b(digest_size=16)
    for market in dataset.markets():
        whole.update(f"{market} {digest(dataset.rates(market, 'M1'))}".encode())
    if dataset.news is not None and dataset.news.calendar is not None:
        whole.update(dataset.news.calendar.digest.encode())
    return whole.hexdigest()


def decisions(found: Checked, dataset: Dataset) -> list[str]:
    """What the plans and guards of a file decide, and what came of it, one line each."""
    recording = run_backtest(found.plans, found.guards, dataset, catalog(), AccountConfig())
    return [line for event in BacktestResult(recording).events if (line := _line(event))]


def text_digest(path: Path) -> str:
    """The digest of a text file, the same whatever ends its lines."""
    return hashlib.blake2b(path.read_text(encoding="utf-8").encode(), digest_size=16).hexdigest()


def _line(event: object) -> str:
    """A decision, fill, alert or halt as text: prices to eight digits, money to the cent."""
    match event:
        case Decision():
            what = f"{event.plan} {event.rule} {event.about} {event.outcome} {event.units} {event.price:.8g}"
            parts = "".join(f" without `{part.text}`" for part in event.optional)
            return f"{_time(event.time)} decision {what}{parts}"
        case Fill():
            money = f"{event.profit:.2f} {event.commission:.2f}"
            what = f"{event.plan} {event.rule} {event.leg} {event.reason} {event.units} {event.price:.8g} {money}"
            return f"{_time(event.time)} fill {what}"
        case Alert():
            return f"{_time(event.time)} alert {event.owner} {event.rule} {event.text}"
        case Halt():
            until = "resumed" if event.until is None else _time(event.until)
            return f"{_time(event.time)} halt {event.owner} {event.rule} until {until}"
        case _:
            return ""


def _time(ms: float) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
