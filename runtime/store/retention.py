"""What a database may forget, and when: never the journal, trades or fills, from which all else can be told."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86_400_000
ROWS = 5_000
"""The most that one statement deletes, so that the journal never waits long for its turn."""
KEPT_FROM = "kept_from"
"""The setting that says from when on everything is there."""

_OLD = (
    ("decision", "outcome <> 'sent' and time < ? and action not in ('halt', 'breaker')"),
    ("alert", "time < ?"),
)
Statement = tuple[str, list[object]]


@dataclass(frozen=True, slots=True)
class Retention:
    """`days` is how long refused decisions and alerts are kept by the feed's time; None: for ever."""

    days: int | None = None

    def statements(self, now: int) -> list[Statement]:
        """What to do at a time: a few quick deletes, to be asked for again an hour later."""
        found: list[Statement] = [("delete from pattern where expires <= ?", [now])]
        if self.days is not None:
            before = now - self.days * DAY
            for table, old in _OLD:
                chosen = f"select rowid from {table} where {old} limit {ROWS}"
                found.append((f"delete from {table} where rowid in ({chosen})", [before]))
            found.append(("insert or replace into setting (name, value) values (?, ?)", [KEPT_FROM, str(before)]))
        return found


def is_forgotten(table: str, outcome: str, action: str) -> bool:
    """Whether rows of this kind are deleted when they are old."""
    return table == "alert" or (table == "decision" and outcome != "sent" and action not in ("halt", "breaker"))
