"""A recording of what a run did, read from its database: the fills as they were, over the bars they were made on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.analysis.counts import Counted
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import traded_lane
from tradeplan.runtime.engine.clauses import ClauseClock
from tradeplan.runtime.engine.events import ABOUT, FILLS
from tradeplan.runtime.engine.market_table import traded_market
from tradeplan.runtime.engine.program import Program, build_program
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.store.database import StoreError, open_database, telling
from tradeplan.runtime.store.journal import JournalEvent

Version = tuple[str, str]
_FILL = "time, plan, version, rule, leg, price, units, profit, commission, swap, reason, position"
_MORE = "spread, known, rate, slip, stop, better, seq"


def fill_versions(path: Path) -> list[Version]:
    """Name and version of every plan that filled anything, in order. Raises StoreError with what to do."""
    with closing(open_database(path, read_only=True)) as db, telling(path):
        (lacking,) = db.execute("select count(*) from fill where seq is null").fetchone()
        if lacking:
            raise StoreError(
                f"{lacking} fills of `{path}` were written by an older tradeplan without what analysis needs: start"
                " `plan run` with the same command once, it completes them"
            )
        rows = db.execute("select distinct plan, version from fill order by plan, version").fetchall()
    if not rows:
        raise StoreError(f"the run of `{path}` has filled nothing yet: there is nothing to analyse")
    return [(str(name), str(version)) for name, version in rows]


def opening_account(account: AccountConfig, events: Iterable[JournalEvent]) -> AccountConfig:
    """The account as a run found it: a broker outside told its balance at the first start."""
    for event in events:
        if event.kind == "attached":
            return replace(account, balance=float(event.body["amount"]) / 100.0)
    return account


def lived_recording(
    path: Path, plans: Mapping[Version, CheckedPlan], dataset: Dataset, account: AccountConfig, start: int
) -> Recording:
    """The run of a database up to where it stands; `plans` are those of `fill_versions`, checked again from its texts.

    A plan that filled in several versions is told version by version. Money that was paid in or out is left out. Raises
    StoreError, and BacktestError without bars.
    """
    names = [name for name, _ in plans]
    blocks = {v: plan if names.count(v[0]) == 1 else replace(plan, name=f"{v[0]}@{v[1]}") for v, plan in plans.items()}
    dataset = dataset.with_account(account.currency)
    with closing(open_database(path, read_only=True)) as db, telling(path):
        db.execute("begin")  # one state of the database, whatever is written meanwhile
        reached, booked, equity = db.execute("select time, balance, equity from progress where id = 1").fetchone()
        fills = db.execute(f"select {_FILL}, {_MORE} from fill order by seq").fetchall()
        decided = db.execute("select time, plan, rule, action, seq from decision where seq is not null").fetchall()
        counted = _counted(db)
    markets = sorted({plan.market for plan in blocks.values()})
    numbers = {name: traded_market(dataset.profile(name)) for name in markets}
    traded = {name: traded_lane(dataset, list(blocks.values()), name, start, int(reached)) for name in markets}
    program = build_program(list(blocks.values()), [], numbers.values(), account)
    recording = Recording(program, account, numbers, traded, ClauseClock([]), start, int(reached))
    recording.dataset = dataset
    rows = _rows(program, blocks, fills, decided)
    recording.rows, recording.counted = [rows], counted
    recording.source = hashlib.blake2b(np.ascontiguousarray(rows).tobytes(), digest_size=16).hexdigest()
    of_money = (rows[:, at.EV_TYPE] == at.TYPE_FILL) | (rows[:, at.EV_TYPE] == at.TYPE_SWAP)
    cents = float((rows[of_money, at.EV_PROFIT] - rows[of_money, at.EV_COMMISSION]).sum())
    recording.balance = round(account.balance + cents / 100.0, 2)
    recording.equity = round(recording.balance + float(equity) - float(booked), 2)
    recording.open_positions = _still_open(rows, program)
    return recording


def _counted(db: Database) -> Counted:
    """What a run did, by its decisions and fills; those of a plan in several versions together."""
    found = Counted()
    rules = "select plan, rule, action, outcome, count(*) from decision where outcome = 'sent' or action = 'breaker'"
    for owner, rule, action, outcome, count in db.execute(f"{rules} group by plan, rule, action, outcome"):
        if action == "halt":
            found.breakers[str(owner), int(rule), "halt"] += int(count)
        elif action == "breaker":
            found.breakers[str(owner), int(rule), str(outcome)] += int(count)
        else:
            found.sent[str(owner), int(rule), str(action)] += int(count)
    fills = "select plan, reason, count(*) from fill where reason <> 'swap' group by plan, reason"
    for plan, reason, count in db.execute(fills):
        found.fills[str(plan), str(reason)] += int(count)
    return found


def _rows(
    program: Program, blocks: Mapping[Version, CheckedPlan], fills: list[Any], decided: list[Any]
) -> NDArray[np.float64]:
    """Event rows as the order loop leaves them, in the order of the run; positions are numbered from 1 without gaps."""
    addresses = {owner.block.name: owner.address for owner in program.plans}
    owner = {version: float(addresses[block.name]) for version, block in blocks.items()}
    of_name = {name: owner[name, version] for name, version in blocks}
    place = {p: float(i + 1) for i, p in enumerate(sorted({f[11] for f in fills}))}
    rows = np.zeros((len(fills) + len(decided), at.EVENT))
    order = np.zeros(len(rows))
    for row, f in zip(rows, fills, strict=False):
        time, name, version, rule, leg, price, units, profit, paid, swap, reason, position, *more = f
        stop, better = more[4], more[5]
        row[[at.EV_TIME, at.EV_OWNER, at.EV_RULE, at.EV_LEG]] = time, owner[name, version], rule, leg
        row[[at.EV_POSITION, at.EV_SPREAD, at.EV_KNOWN, at.EV_RATE, at.EV_SLIP]] = place[position], *more[:4]
        if reason == "swap":
            row[[at.EV_TYPE, at.EV_PROFIT]] = at.TYPE_SWAP, round(swap * 100)
        else:
            row[[at.EV_TYPE, at.EV_PRICE, at.EV_UNITS]] = at.TYPE_FILL, price, units
            row[[at.EV_PROFIT, at.EV_COMMISSION]] = round(profit * 100), round(paid * 100)
            code = FILLS.index(reason)
            row[[at.EV_REASON, at.EV_A]] = code, better if code >= at.FILL_STOP else stop
    for row, (time, name, rule, action, _) in zip(rows[len(fills) :], decided, strict=True):
        row[[at.EV_TIME, at.EV_TYPE, at.EV_OWNER]] = time, at.TYPE_DECISION, of_name.get(name, -1.0)
        row[[at.EV_RULE, at.EV_LEG]] = rule, ABOUT.index(action)
    order[: len(fills)] = [f[-1] for f in fills]
    order[len(fills) :] = [d[-1] for d in decided]
    return np.asarray(rows[np.argsort(order, kind="stable")])


def _still_open(rows: NDArray[np.float64], program: Program) -> list[tuple[str, int, float]]:
    names = {float(owner.address): owner.block.name for owner in program.plans}
    held: dict[int, float] = {}
    whose: dict[int, str] = {}
    for row in rows[rows[:, at.EV_TYPE] == at.TYPE_FILL]:
        position = int(row[at.EV_POSITION])
        sign = 1.0 if row[at.EV_REASON] <= at.FILL_ADD else -1.0
        held[position] = held.get(position, 0.0) + sign * float(row[at.EV_UNITS])
        whose[position] = names[float(row[at.EV_OWNER])]
    return [(whose[p], p, units) for p, units in held.items() if units > 0.5]
