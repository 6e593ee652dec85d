"""Counts over whole columns how the clauses of rules stood: TRUE, alone in the way, the last to come."""

from __future__ import annotations

from tradeplan.runtime.kernels.source.primitives import Integers

ONES = 0x0101010101010101  # one bit a step, eight steps a number
TALLY_TRUE, TALLY_ALONE, TALLY_DECIDED = range(3)
TALLY = 3
RULE_HELD, RULE_BECAME = range(2)
RULE_TALLY = 2


def tally_clauses(
    ends: Integers,
    places: Integers,
    optional: Integers,
    lanes: Integers,
    windows: Integers,
    words: Integers,
    missing: Integers,
    missed: Integers,
    rules: Integers,
    clauses: Integers,
) -> None:
    """Add the steps of a chunk, eight at a time.

    Rule r has the clauses `ends[r] .. ends[r + 1]`; clause j is the column at `places[j]`, `optional` if UNKNOWN lets
    it pass. `words` is the memory of the conditions, eight a number. `missing` is scratch, one a clause; `missed`
    keeps between chunks whether the clause let the newest step pass (0) or not (1).
    A step is stopped by a clause alone when all others let it pass. A clause decided when the rule came to hold on a
    step and the clause had not let the step before pass; several may have.
    """
    for r in range(len(ends) - 1):
        a = ends[r]
        b = ends[r + 1]
        last = windows[lanes[r] + 1]
        i = windows[lanes[r]]
        while i < last:
            steps = min(8, last - i)
            valid = ONES if steps == 8 else ONES & ((1 << (8 * steps)) - 1)
            once = 0
            twice = 0
            stopped = 0
            for j in range(a, b):
                eight = eight_at(words, places[j] + i)
                true = (eight >> 1) & valid
                if true != 0:
                    clauses[j * TALLY + TALLY_TRUE] += ones(true)
                missing[j] = valid & ~(true | (eight & valid if optional[j] != 0 else 0))
                twice |= once & missing[j]
                once |= missing[j]
                stopped |= missed[j]
            held = valid & ~once
            alone = once & ~twice
            came = held & ~(((held << 8) & ONES) | (1 - stopped))
            if held != 0:
                rules[r * RULE_TALLY + RULE_HELD] += ones(held)
                rules[r * RULE_TALLY + RULE_BECAME] += ones(came)
            for j in range(a, b):
                if missing[j] & alone != 0:
                    clauses[j * TALLY + TALLY_ALONE] += ones(missing[j] & alone)
                if came != 0:
                    before = ((missing[j] << 8) & ONES) | missed[j]
                    if came & before != 0:
                        clauses[j * TALLY + TALLY_DECIDED] += ones(came & before)
                missed[j] = (missing[j] >> (8 * (steps - 1))) & 1
            i += steps


def eight_at(words: Integers, place: int) -> int:
    """Eight conditions from any place on; conditions are 0 to 2, so a number is never negative."""
    w = place >> 3
    shift = 8 * (place & 7)
    if shift == 0:
        return words[w]
    following = words[w + 1] if w + 1 < len(words) else 0
    return (words[w] >> shift) | ((following << (64 - shift)) & (3 * ONES))


def ones(x: int) -> int:
    """How many of the eight are set."""
    x += x >> 32
    x += x >> 16
    x += x >> 8
    return x & 0xFF
