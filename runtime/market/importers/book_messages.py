"""Order-book messages as recorded, put into the order in which they apply; when the book is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.streams.events import DIFF, SNAPSHOT, Book


def book_of(columns: Mapping[str, NDArray[Any]]) -> tuple[Book, int]:
    """A book of columns `time` (ms), `side`, `price`, `size`, and what there is of `kind` (0 snapshot, 1 diff),
    `message`, `first_id`, `last_id`, `prev_id`; and how many rows could not be used.

    A snapshot that was asked for beside a running stream carries the id up to which it has changes: diffs up to that id
    are left out, and those that came before it but are newer are applied after it. The book is known from a snapshot
    on, until a diff does not follow on the one before it. A snapshot without a time takes that of the message before.
    """
    rows = len(columns["time"])
    kinds = _kinds(columns, rows)
    message = columns.get("message")
    if message is None:
        message = columns.get("last_id", columns["time"])
    times = np.asarray(columns["time"], dtype=np.int64)
    starts = np.flatnonzero(np.append(True, (message[1:] != message[:-1]) | (kinds[1:] != kinds[:-1])))
    ends = np.append(starts[1:], rows).tolist()
    ids = [np.asarray(columns.get(name, np.full(rows, -1))).tolist() for name in ("first_id", "last_id", "prev_id")]
    order: list[tuple[int, int, int]] = []  # time, first row, row after the last
    spans: list[list[int]] = []
    waiting: list[tuple[int, int, int]] = []  # diffs that no snapshot has taken in yet
    known, newest, now = False, -1, 0
    for start, end in zip(starts.tolist(), ends, strict=True):
        first, last, previous = (column[start] for column in ids)
        now = max(now, int(times[start])) if times[start] > 0 else now
        if kinds[start] == SNAPSHOT:
            if known:
                spans[-1][1] = max(spans[-1][1], now - 1)
            order.append((now, start, end))
            spans.append([now - 1, now])
            known, newest = True, last
            for begun, a, b in waiting:
                if ids[1][a] > newest >= 0:
                    order.append((max(begun, now), a, b))
                    newest = ids[1][a]
            waiting.clear()
            continue
        if known and last >= 0 and last <= newest:
            continue  # the snapshot has it
        if known and _is_gap(first, previous, newest):
            known = False
        if not known:
            waiting.append((now, start, end))
            continue
        order.append((now, start, end))
        newest = last
        spans[-1][1] = now
    used = np.concatenate([np.arange(a, b) for _, a, b in order]) if order else np.zeros(0, dtype=np.int64)
    lengths = [b - a for _, a, b in order]
    numbers = np.arange(len(order), dtype=np.int64)
    return (
        Book(
            np.repeat(np.array([t for t, _, _ in order], dtype=np.int64), lengths),
            np.repeat(numbers, lengths),
            kinds[used],
            np.asarray(columns["side"])[used].astype(np.int8),
            np.asarray(columns["price"])[used].astype(np.float64),
            np.asarray(columns["size"])[used].astype(np.float64),
            _joined(spans),
        ),
        rows - len(used),
    )


def _kinds(columns: Mapping[str, NDArray[Any]], rows: int) -> NDArray[np.int8]:
    kind = columns.get("kind")
    if kind is None:  # no word about snapshots: the recording begins with one
        made = np.full(rows, DIFF, dtype=np.int8)
        made[: int(np.searchsorted(columns["time"], columns["time"][0], side="right"))] = SNAPSHOT
        return made
    if kind.dtype.kind == "b" or (
        kind.dtype.kind == "O" and str(kind[0]).lower() in ("true", "false", "snapshot", "diff")
    ):
        return np.array(
            [SNAPSHOT if str(v).lower() in ("true", "snapshot") else DIFF for v in kind.tolist()], dtype=np.int8
        )
    return np.asarray(kind).astype(np.int8)


def _is_gap(first: int, previous: int, newest: int) -> bool:
    """Whether a diff does not follow on what the book has; ids of -1 are not told.

    The first diff after a snapshot may begin before it; from then on each names the one before, or the next number.
    """
    if newest < 0 or (first < 0 and previous < 0):
        return False
    if first >= 0 and first <= newest + 1:
        return False
    return previous != newest if previous >= 0 else True


def _joined(spans: list[list[int]]) -> NDArray[np.int64]:
    """Spans in order; one that begins where the last ends goes on with it."""
    joined: list[list[int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return np.array(joined, dtype=np.int64).reshape(-1, 2)
