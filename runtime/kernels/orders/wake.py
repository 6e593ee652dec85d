"""Finds, over a whole chunk, the steps at which a plan or guard has something to do though nothing is open."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.layout import (
    H_GUARDS,
    H_ORIGIN,
    H_PLANS_END,
    H_RULES,
    H_RULES_END,
    PLAN,
    R_HOISTED,
    R_LANE,
    R_OWNER,
    R_WAKE,
    RULE,
    T_LAST,
    U_END,
    U_START,
    U_TIMES,
    WAKE_NEVER,
    WAKE_TRUE,
)
from tradeplan.runtime.kernels.source.primitives import (
    Bytes,
    Floats,
    Integers,
)


def find_keys(k: Integers, f: Floats, times: Integers, truths: Bytes, keys: Integers) -> int:
    """Write `(time - origin) * owners + number of the owner` for each such step, unsorted; returns how many there are.

    Counts on past the end of `keys` without writing: the caller then comes again with more room.
    """
    count = 0
    room = keys.shape[0]
    people = (k[H_PLANS_END] - k[H_GUARDS]) // PLAN
    for r in range(k[H_RULES], k[H_RULES_END], RULE):
        how = k[r + R_WAKE]
        if how == WAKE_NEVER:
            continue
        who = (k[r + R_OWNER] - k[H_GUARDS]) // PLAN
        lane = k[r + R_LANE]
        at = k[lane + U_TIMES]
        offset = k[k[r + R_HOISTED]]
        before = int(f[r + T_LAST])
        for i in range(k[lane + U_START], k[lane + U_END]):
            truth = truths[offset + i]
            if truth == 2 and (how == WAKE_TRUE or before == 0):
                if count < room:
                    keys[count] = (times[at + i] - k[H_ORIGIN]) * people + who
                count += 1
            before = truth
    return count


def keep_last(k: Integers, f: Floats, truths: Bytes) -> int:
    """After a chunk: remember each rule's last truth, the step before of the next chunk's first."""
    for r in range(k[H_RULES], k[H_RULES_END], RULE):
        column = k[r + R_HOISTED]
        lane = k[r + R_LANE]
        last = k[lane + U_END]
        if column >= 0 and last > k[lane + U_START]:
            f[r + T_LAST] = float(truths[k[column] + last - 1])
    return 0


def count_unknown(
    places: Integers,
    lanes: Integers,
    windows: Integers,
    truths: Bytes,
    pairs: Integers,
    ends: Integers,
    found: Integers,
    width: int,
) -> None:
    """Count the steps of columns in a chunk, and the UNKNOWN ones by reason.

    Row j of `found` (of `width` numbers): all steps, the UNKNOWN ones without a reason in a join, then those by the
    reason of the first join that has one; `pairs[ends[j] : ends[j + 1]]` is where the joins' reasons lie.
    """
    for j in range(places.shape[0]):
        first = windows[lanes[j]]
        last = windows[lanes[j] + 1]
        at = places[j]
        count = 0
        for i in range(first, last):
            if truths[at + i] == 1:
                count += 1
        row = j * width
        found[row] += last - first
        if count > 0:
            i = first
            while count > 0:
                if truths[at + i] == 1:
                    count -= 1
                    why = 0
                    k = ends[j]
                    while why == 0 and k < ends[j + 1]:
                        why = int(truths[pairs[k] + i])
                        k += 1
                    found[row + 1 + why] += 1
                i += 1
