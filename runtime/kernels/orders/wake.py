"""Finds, over a whole chunk, the steps at which a plan or guard has something to do though nothing is open."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.layout import (
    EIGHT_TRUE,
    EIGHT_UNKNOWN,
    H_GUARDS,
    H_ORIGIN,
    H_RULES,
    H_RULES_END,
    KEY_BITS,
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


def find_keys(k: Integers, f: Floats, times: Integers, truths: Bytes, words: Integers, keys: Integers) -> int:
    """Write a key of time and owner for each such step, unsorted; returns how many there are.

    `words` is the memory of `truths`, eight conditions a number.
    Counts on past the end of `keys` without writing: the caller then comes again with more room.
    """
    count = 0
    room = len(keys)
    for r in range(k[H_RULES], k[H_RULES_END], RULE):
        how = k[r + R_WAKE]
        if how == WAKE_NEVER:
            continue
        who = (k[r + R_OWNER] - k[H_GUARDS]) // PLAN
        lane = k[r + R_LANE]
        at = k[lane + U_TIMES]
        offset = k[k[r + R_HOISTED]]
        first = offset + k[lane + U_START]
        last = offset + k[lane + U_END]
        for w in range(first >> 3, (last + 7) >> 3):
            if words[w] & EIGHT_TRUE == 0:
                continue
            for i in range(max(first, w << 3), min(last, (w + 1) << 3)):
                if truths[i] == 2:
                    before = int(f[r + T_LAST]) if i == first else int(truths[i - 1])
                    if how == WAKE_TRUE or before == 0:
                        if count < room:
                            keys[count] = ((times[at + i - offset] - k[H_ORIGIN]) << KEY_BITS) | who
                        count += 1
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
    words: Integers,
    pairs: Integers,
    ends: Integers,
    found: Integers,
    width: int,
) -> None:
    """Count the steps of columns in a chunk, and the UNKNOWN ones by reason.

    Row j of `found` (of `width` numbers): all steps, the UNKNOWN ones without a reason in a join, then those by the
    reason of the first join that has one; `pairs[ends[j] : ends[j + 1]]` is where the joins' reasons lie.
    """
    for j in range(len(places)):
        at = places[j]
        first = at + windows[lanes[j]]
        last = at + windows[lanes[j] + 1]
        row = j * width
        found[row] += last - first
        for w in range(first >> 3, (last + 7) >> 3):
            if words[w] & EIGHT_UNKNOWN == 0:
                continue
            for i in range(max(first, w << 3), min(last, (w + 1) << 3)):
                if truths[i] == 1:
                    why = 0
                    k = ends[j]
                    while why == 0 and k < ends[j + 1]:
                        why = int(truths[pairs[k] + i - at])
                        k += 1
                    found[row + 1 + why] += 1
