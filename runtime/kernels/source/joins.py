"""Which bar of one lane is seen at each tick of another: newest closed, fresh, and in an open market."""

from __future__ import annotations

from tradeplan.runtime.kernels.source.primitives import Bytes, Integers

PAIR_WORDS = 12
(
    P_SOURCE_LANE,
    P_TARGET_LANE,
    P_SOURCE_TIMES,  # offset of the row of close times in `ticks`
    P_TARGET_TIMES,
    P_INDEX,  # offset of the row of source positions in `ticks`
    P_REASON,  # offset of the row of reasons in `conditions`
    P_RULE,
    P_LIMIT,  # session ms (RULE_SESSION) or scheduled closes (RULE_DAYS) after which a bar is stale
    P_FIRST,  # first session or scheduled close of the source's market
    P_LAST,
    P_PRESENT,  # 0: there is no such data
    P_RUNS,  # offset of the row of run lengths in `ticks`
) = range(PAIR_WORDS)

RULE_ALWAYS = 0  # steps: they are on time by definition
RULE_SESSION = 1  # faster than D1: stale by session time, unknown while the market is closed
RULE_DAYS = 2  # D1 and slower: stale when more than `limit` scheduled closes have passed without a bar

SEEN = 0
NO_BAR = 1
CLOSED = 2
STALE = 3
NO_DATA = 4
"""Reasons: why a join is UNKNOWN; SEEN says that a bar is shown, whose value may itself still be warming up."""

NEVER = 1 << 62


def first_after(array: Integers, first: int, last: int, time: int) -> int:
    """The first index in `[first, last)` of a rising array whose entry is later than a time; `last` if none."""
    while first < last:
        middle = (first + last) // 2
        if array[middle] > time:
            last = middle
        else:
            first = middle + 1
    return first


def stale_from(starts: Integers, ends: Integers, first: int, last: int, close: int, limit: int) -> int:
    """The first instant at which `limit` ms of session have passed since a close."""
    k = first_after(ends, first, last, close)
    left = limit
    while k < last:
        since = starts[k]
        if close > since:
            since = close
        if ends[k] - since >= left:
            return since + left
        left -= ends[k] - since
        k += 1
    return NEVER


def mark_runs(ticks: Integers, index: int, runs: int, first: int, last: int) -> None:
    """Write at each run's start how long it is: of positions that rise by one, or that stay the same (-1 included).

    Joins then copy or fill whole runs; a slow lane seen from a fast one is all runs, and so is one seen from its steps.
    """
    i = first
    while i < last:
        start = i
        i += 1
        if i < last:
            step = ticks[index + i] - ticks[index + start]
            if step == 0 or (step == 1 and ticks[index + start] >= 0):
                while i < last and ticks[index + i] - ticks[index + i - 1] == step:
                    i += 1
        ticks[runs + start] = i - start


def walk(
    pairs: Integers,
    at: int,
    windows: Integers,
    ticks: Integers,
    conditions: Bytes,
    starts: Integers,
    ends: Integers,
    schedule: Integers,
) -> None:
    """Fill the index and reason rows of one pair of lanes over the target lane's new ticks."""
    source = 3 * pairs[at + P_SOURCE_LANE]
    target = 3 * pairs[at + P_TARGET_LANE]
    source_times = pairs[at + P_SOURCE_TIMES]
    target_times = pairs[at + P_TARGET_TIMES]
    index = pairs[at + P_INDEX]
    reason = pairs[at + P_REASON]
    rule = pairs[at + P_RULE]
    limit = pairs[at + P_LIMIT]
    first = pairs[at + P_FIRST]
    last = pairs[at + P_LAST]
    missing = NO_BAR if pairs[at + P_PRESENT] else NO_DATA
    # INVARIANT: all lanes are advanced to the same instant, so before this chunk the newest source bar is the last one
    newest = windows[source] - 1
    after = windows[source + 1]
    known = windows[source + 2] > 0
    deadline = 0
    fresh = -1
    session = -1
    for i in range(windows[target], windows[target + 1]):
        t = ticks[target_times + i]
        while newest + 1 < after and ticks[source_times + newest + 1] <= t:
            newest += 1
            known = True
        why = SEEN
        if not known:
            why = missing
        elif rule == RULE_SESSION:
            if session < 0:
                session = first_after(ends, first, last, t - 1)
            while session < last and ends[session] < t:
                session += 1
            if session >= last or t <= starts[session]:
                why = CLOSED
            elif t - ticks[source_times + newest] >= limit:  # session time is never longer than the clock's
                if fresh != newest:
                    fresh = newest
                    deadline = stale_from(starts, ends, first, last, ticks[source_times + newest], limit)
                if t >= deadline:
                    why = STALE
        elif rule == RULE_DAYS:
            if fresh != newest:
                fresh = newest
                k = first_after(schedule, first, last, ticks[source_times + newest]) + limit
                deadline = schedule[k] if k < last else NEVER
            if t >= deadline:
                why = STALE
        conditions[reason + i] = why
        ticks[index + i] = newest if why == SEEN else -1
    mark_runs(ticks, index, pairs[at + P_RUNS], windows[target], windows[target + 1])
