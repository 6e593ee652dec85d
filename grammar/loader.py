"""Loads the parse tables that were built from plan.lark."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

GRAMMAR_FILE = Path(__file__).with_name("plan.lark")
TABLES_FILE = Path(__file__).with_name("plan.tables.json")

END = "$END"
"""The terminal that stands behind the last token."""


class Reduction(NamedTuple):
    """What happens when a rule of the grammar is complete.

    `callback` names the builder; `keep` is False for a `?rule`, which hands a single child through unchanged; `lists`
    are the positions of children that are lists (from `x*`) and are spliced into their parent.
    """

    origin: str
    size: int
    callback: str
    keep: bool
    lists: tuple[int, ...]

    @property
    def is_list(self) -> bool:
        """Whether the rule only collects the repeats of a `*`."""
        return self.origin.startswith("__")


class Tables(NamedTuple):
    """LALR(1) tables: `states[s][symbol]` is the next state, or `-1 - r` to reduce by rule `r`."""

    starts: dict[str, int]
    ends: dict[str, int]
    states: list[dict[str, int]]
    rules: tuple[Reduction, ...]
    texts: dict[str, str]
    patterns: dict[str, str]


@cache
def load_tables() -> Tables:
    """The tables of the grammar, read once a process."""
    data = json.loads(TABLES_FILE.read_text(encoding="utf-8"))
    return Tables(
        starts=data["starts"],
        ends=data["ends"],
        states=data["states"],
        rules=tuple(
            Reduction(r["origin"], r["size"], r["callback"], r["keep"], tuple(r["lists"])) for r in data["rules"]
        ),
        texts={name: t["text"] for name, t in data["terminals"].items() if "text" in t},
        patterns={name: t["pattern"] for name, t in data["terminals"].items() if "pattern" in t},
    )
