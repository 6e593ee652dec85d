"""Parts of steps: the last `n` values, kept by blocks so that nothing is ever subtracted from a running sum.

A step calls them with its own state; they are compiled with it. `k[0]` is the place in the block or ring, `k[1]` is 1
once it has been full; `of_this_day` has another use for them. INVARIANT: sums are of differences from a value inside
every window of the block, so equal values give exactly 0 and rounding stays small beside the result.
"""

from __future__ import annotations

import math


def moved_on(k: list[int], n: int) -> None:
    """The next place of a ring of `n`."""
    k[0] += 1
    if k[0] == n:
        k[0] = 0
        k[1] = 1


def moments(f: list[float], k: list[int], ring: list[float], n: int, v: float) -> tuple[bool, float, float]:
    """With `v` as the newest: whether the window is full, its mean less `f[0]`, and its variance (divisor n).

    Takes `f[0]` to `f[2]` (the block's first value, sums of differences from it and of their squares) and 2 (n + 1) of
    the ring: what is left of the last block, sums from its end, then their squares.
    """
    j = k[0]
    if j == 0:
        total = 0.0
        squares = 0.0
        i = n - 1
        while i > 0:
            d = ring[i] - v
            total += d
            squares += d * d
            ring[i] = total
            ring[n + 1 + i] = squares
            i -= 1
        f[0] = v
        f[1] = 0.0
        f[2] = 0.0
    d = v - f[0]
    f[1] += d
    f[2] += d * d
    ring[j] = v
    j += 1
    full = k[1] == 1 or j == n
    total = f[1] + ring[j]
    variance = (f[2] + ring[n + 1 + j] - total * total / n) / n
    moved_on(k, n)
    return full, total / n, variance


def root_of(variance: float) -> float:
    """The root of a variance, which rounding may have put below 0."""
    return math.sqrt(variance) if variance > 0.0 else 0.0


def highest_of(f: list[float], k: list[int], ring: list[float], n: int, v: float) -> float:
    """The highest of the last `n` with `v` as the newest (van Herk), NaN until there are so many.

    Takes `f[0]`, the highest of this block, and n + 1 of the ring: what is left of the last one.
    """
    j = k[0]
    if j == 0:
        best = -math.inf
        ring[n] = best
        i = n - 1
        while i > 0:
            if ring[i] > best:
                best = ring[i]
            ring[i] = best
            i -= 1
        f[0] = v
    elif v > f[0]:
        f[0] = v
    ring[j] = v
    j += 1
    found = math.nan
    if k[1] == 1 or j == n:
        found = ring[j]
        if f[0] > found:
            found = f[0]
    moved_on(k, n)
    return found


def smooth(f: list[float], k: list[int], n: int, v: float, weight: float) -> float:
    """Exponential smoothing, seeded with the mean of the first `n` values, NaN before them.

    Takes `f[0]`, `f[1]` and `k[0]`, which counts to `n`. Seeded by differences from the first value, so equal values
    give exactly themselves.
    """
    c = k[0]
    if c == n:
        f[0] += weight * (v - f[0])
        return f[0]
    if c == 0:
        f[1] = v
    f[0] += v - f[1]
    c += 1
    k[0] = c
    if c < n:
        return math.nan
    f[0] = f[1] + f[0] / n
    return f[0]


def swung(k: list[int], ring: list[float], half: int, side: float) -> int:
    """The place in the ring of the value `half` bars ago if it is a strict swing, a high (`side` 1) or a low (-1).

    Called when the newest value was put at `k[0]`, which moves on. -1: it is none, or too little is known.
    """
    n = 2 * half + 1
    moved_on(k, n)
    if k[1] == 0:
        return -1
    middle = k[0] + half
    if middle >= n:
        middle -= n
    v = side * ring[middle]
    i = 0
    while i < n:
        if side * ring[i] >= v and i != middle:
            return -1
        i += 1
    return middle


def keep_swing(
    f: list[float], k: list[int], ring: list[float], half: int, side: float, v: float, out: list[float]
) -> None:
    """With `v` as the newest: the price of the last swing of a `side` in `out[0]`, in `out[1]` whether it is new.

    Takes `f[0]`, the price, and `k[2]`, 1 after the first; UNKNOWN before it, and `out[1]` until the window is full.
    """
    ring[k[0]] = v
    found = swung(k, ring, half, side)
    out[0] = math.nan
    out[1] = math.nan
    if found >= 0:
        f[0] = ring[found]
        k[2] = 1
    if k[1] == 1:
        out[1] = found >= 0
    if k[2] == 1:
        out[0] = f[0]


def of_this_day(f: list[float], k: list[int], day: int, side: float, v: float) -> float:
    """With `v` as the newest: the highest of the day so far (`side` 1), the lowest (-1) or the first (0).

    Takes `f[0]`, the value, and `k[0]`, `k[1]`: 0 before the first bar, 1 in the day it belongs to, whose beginning
    nobody saw and which is UNKNOWN, 2 after it; and the number of the day.
    """
    if k[0] == 0:
        k[0] = 1
        k[1] = day
    elif k[1] != day:
        k[0] = 2
        k[1] = day
        f[0] = v
    elif side * v > side * f[0]:
        f[0] = v
    return f[0] if k[0] == 2 else math.nan
