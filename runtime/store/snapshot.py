"""What a database says about its run, read from outside while the run goes on."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradeplan.runtime.store.database import StoreError, open_database
from tradeplan.runtime.store.lock import is_running
from tradeplan.runtime.store.room import Room, room_of

LAST_DECISIONS = 8


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The state of a run. Times are UTC ms, money is account money; `plans` have name, version and state.

    A plan's state is `running`, `retired` (manages what it has, opens nothing) or `put aside` (failed);
    `broken` are files with mistakes.
    """

    feed: str
    time: int
    balance: float
    equity: float
    running: bool
    plans: tuple[dict[str, Any], ...]
    guards: tuple[dict[str, Any], ...]
    positions: tuple[dict[str, Any], ...]
    decisions: tuple[dict[str, Any], ...]
    halts: tuple[dict[str, Any], ...]
    alerts: tuple[dict[str, Any], ...]
    quarantined: tuple[dict[str, Any], ...]
    broken: tuple[str, ...]
    intents: dict[str, int]
    outages: int
    currency: str = "USD"  # of the account, and so of balance and equity
    states: tuple[dict[str, Any], ...] = ()  # of plans: name, state, step, blocks, part
    breakers: tuple[dict[str, Any], ...] = ()  # those that are not closed
    held: tuple[str, ...] = ()  # scopes that are halted until resumed, the empty one being the account
    holds: tuple[dict[str, Any], ...] = ()  # the same with `since` and `why`, empty where a person did it
    feeds: tuple[dict[str, Any], ...] = ()  # of traded markets: market, timeframe, newest, age, open
    written: int | None = None  # wall clock, when this was written
    room: Room | None = None  # of the disk, now
    trouble: str = ""  # why the broker took nothing at the newest step


def read_status(path: Path) -> RunStatus:
    """Read the state of the run in a database. Raises StoreError with what to do."""
    db = open_database(path, read_only=True)
    try:
        return _read(db.conn, path)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"`{path}` cannot be read: {error}; is it a database of `plan run`?") from error
    finally:
        db.close()


def _read(connection: sqlite3.Connection, path: Path) -> RunStatus:
    connection.execute("begin")  # one state of the database for all that follows, whatever is written meanwhile
    progress = _rows(connection, "select time, balance, equity, body from progress where id = 1")
    settings = {str(r["name"]): str(r["value"]) for r in _rows(connection, "select name, value from setting")}
    if not {"account", "start"} <= settings.keys():  # a run that begins writes one after the other
        raise StoreError(f"`{path}` is empty: `plan run DIR --db {path}` has not begun to fill it")
    started = int(settings.get("start", 0))
    account = json.loads(settings.get("account", "{}"))
    balance = float(account.get("balance", 0.0))
    first: dict[str, Any] = {"time": started, "balance": balance, "equity": balance, "body": "{}"}
    now = progress[0] if progress else first
    body = json.loads(now["body"])
    silenced = set(body.get("silenced", ()))
    time = int(now["time"])
    return RunStatus(
        settings.get("feed", ""),
        time,
        float(now["balance"]),
        float(now["equity"]),
        is_running(path),
        tuple(
            {
                "name": name,
                "version": version,
                "state": "put aside" if name in silenced else "retired" if retired else "running",
            }
            for name, version, retired in body.get("plans", ())
        ),
        tuple({"name": name, "version": version} for name, version in body.get("guards", ())),
        tuple(body.get("positions", ())),
        tuple(
            _rows(
                connection,
                "select time, plan, rule, action, outcome, detail from decision where action not in ('halt', 'breaker')"
                f" order by time desc, plan limit {LAST_DECISIONS}",
            )
        ),
        _halts(connection, time),
        tuple(_rows(connection, "select time, plan, text from alert order by time desc limit 3")),
        tuple(json.loads(r["body"]) for r in _rows(connection, "select body from event where kind = 'quarantine'")),
        tuple(body.get("broken", ())),
        {r["state"]: r["n"] for r in _rows(connection, "select state, count(*) as n from intent group by state")},
        len(_rows(connection, "select id from event where kind = 'outage'")),
        str(account.get("currency", "USD")),
        tuple(body.get("states", ())),
        tuple(body.get("breakers", ())),
        tuple(body.get("held", ())),
        tuple(_hold(connection, scope) for scope in body.get("held", ())),
        tuple(body.get("feeds", ())),
        body.get("written"),
        room_of(path, started, time),
        str(body.get("trouble", "")),
    )


def _rows(connection: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _halts(connection: sqlite3.Connection, now: int) -> tuple[dict[str, Any], ...]:
    """Halts that are in force; `until` None: until a person resumes."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    halts = (
        "select time, plan, rule, action, detail from decision where action in ('halt', 'breaker') order by time, rowid"
    )
    for r in _rows(connection, halts):
        found.pop((r["plan"], r["rule"]), None)
        if r["action"] == "breaker":
            continue
        until = json.loads(r["detail"])["until"]
        if until is None or until > now:
            found[r["plan"], r["rule"]] = {"owner": r["plan"], "since": r["time"], "until": until}
    return tuple(found.values())


def _hold(connection: sqlite3.Connection, scope: str) -> dict[str, Any]:
    """The newest halt of a scope, as the journal has it."""
    newest = connection.execute(
        "select time, body from event where kind = 'halt' and json_extract(body, '$.scope') = ?"
        " order by id desc limit 1",
        [scope],
    ).fetchone()
    since, why = (0, "") if newest is None else (int(newest[0]), str(json.loads(newest[1]).get("why", "")))
    return {"scope": scope, "since": since, "why": why}
