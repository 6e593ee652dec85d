"""Which bar of one lane is seen at each tick of another: newest closed, fresh, and in an open market."""

from __future__ import annotations

from tradeplan.runtime.kernels.source.primitives import Bytes, Integers, bytes_at, integers_at

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
    """Fill the index, run and reason rows of one pair of lanes over the target lane's new ticks.

    Goes from run to run: of ticks that each show the next bar, or that all show the same one, or none. At a run's first
    tick its length is written, so that joins copy or fill it as a whole.
    """
    source = 3 * pairs[at + P_SOURCE_LANE]
    target = 3 * pairs[at + P_TARGET_LANE]
    closes = pairs[at + P_SOURCE_TIMES]
    times = pairs[at + P_TARGET_TIMES]
    rule = pairs[at + P_RULE]
    limit = pairs[at + P_LIMIT]
    first = pairs[at + P_FIRST]
    last = pairs[at + P_LAST]
    # INVARIANT: all lanes are advanced to the same instant, so before this chunk the newest source bar is the last one
    newest = windows[source] - 1
    after = windows[source + 1]
    known = windows[source + 2] > 0
    i = windows[target]
    end = windows[target + 1]
    session = -1
    while i < end:
        t = ticks[times + i]
        while newest + 1 < after and ticks[closes + newest + 1] <= t:
            newest += 1
            known = True
        why = SEEN
        until = ticks[closes + newest + 1] if newest + 1 < after else NEVER  # from here on it may be another run
        straight = NEVER  # a run of one new bar a tick may go on while ticks are before this
        if not known:
            why = NO_BAR if pairs[at + P_PRESENT] else NO_DATA
        elif rule == RULE_SESSION:
            if session < 0:
                session = first_after(ends, first, last, t - 1)
            while session < last and ends[session] < t:
                session += 1
            if session >= last:
                why = CLOSED
                until = NEVER
            elif t <= starts[session]:
                why = CLOSED
                until = starts[session] + 1
            else:
                straight = ends[session] + 1
                if until > straight:
                    until = straight
                if until - 1 - ticks[closes + newest] >= limit:  # session time is never longer than the clock's
                    deadline = stale_from(starts, ends, first, last, ticks[closes + newest], limit)
                    if t >= deadline:
                        why = STALE
                    elif until > deadline:
                        until = deadline
        elif rule == RULE_DAYS:
            k = first_after(schedule, first, last, ticks[closes + newest]) + limit
            deadline = schedule[k] if k < last else NEVER
            if t >= deadline:
                why = STALE
            elif until > deadline:
                until = deadline
        j = i + 1
        rising = 0
        if why == SEEN and ticks[closes + newest] == t:
            ahead = newest + 1 - j
            while (
                j < end
                and ahead + j < after
                and ticks[closes + ahead + j] == ticks[times + j]
                and ticks[times + j] < straight
            ):
                j += 1
            if j > i + 1:
                rising = 1
        if rising == 0:
            while j < end and ticks[times + j] < until:
                j += 1
        ticks[pairs[at + P_RUNS] + i] = j - i
        write_run(
            integers_at(ticks, pairs[at + P_INDEX] + i, j - i),
            bytes_at(conditions, pairs[at + P_REASON] + i, j - i),
            newest if why == SEEN else -1,
            rising,
            why,
        )
        if rising == 1:
            newest += j - i - 1
        i = j


def write_run(index: Integers, reasons: Bytes, position: int, rising: int, why: int) -> None:
    """The positions of a run and its reason."""
    for j in range(len(index)):
        index[j] = position + rising * j
    for j in range(len(reasons)):
        reasons[j] = why
