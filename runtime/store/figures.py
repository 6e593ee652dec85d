"""Keeps the figures of an analysis in the database that they are about, under the digest of their inputs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tradeplan.runtime.store.database import open_database, write_transaction

Metric = tuple[str, str, float | None, str | None]


def keep_figures(path: Path, analysis: Mapping[str, Any]) -> int:
    """Write performance and risk of an analysis (as its `as_dict` has it); returns how many figures are new.

    The same inputs have the same figures: those that are there stay. Raises StoreError.
    """
    rows = list(_metrics(analysis))
    span, digest = analysis["span"], str(analysis["digest"])
    with closing(open_database(path)) as db, write_transaction(db):
        inputs = json.dumps(analysis["inputs"], sort_keys=True)
        made = db.execute(
            "insert or ignore into analysis (digest, made, start, end, inputs) values (?, ?, ?, ?, ?)",
            [digest, time.time_ns() // 1_000_000, span["start"], span["end"], inputs],
        )
        if not made.rowcount:
            return 0
        for scope, name, value, reason in rows:
            db.execute(
                "insert into metric (digest, scope, name, value, reason) values (?, ?, ?, ?, ?)",
                [digest, scope, name, value, reason],
            )
    return len(rows)


def _metrics(analysis: Mapping[str, Any]) -> Iterator[Metric]:
    """Scope, name, value, and why there is none: `overall`, `plan NAME`, `symbol NAME`, `risk`."""
    performance = analysis["performance"]
    groups = [("overall", performance["overall"]), ("risk", analysis["risk"])]
    groups += [(f"plan {name}", figures) for name, figures in performance["plans"].items()]
    groups += [(f"symbol {name}", figures) for name, figures in performance["symbols"].items()]
    for scope, figures in groups:
        for name, value in figures.items():
            if isinstance(value, dict) and name != "reasons":
                yield from ((scope, f"{name}_{part}", float(x), None) for part, x in value.items())
            elif value is None or isinstance(value, int | float):
                yield scope, name, None if value is None else float(value), figures["reasons"].get(name)
