"""Nearest names: which of the known words the author may have meant."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 64


def distance(a: str, b: str, limit: int = _LONGEST) -> int:
    """How many letters must be inserted, dropped, replaced or swapped with a neighbour; `limit + 1` if more than limit.

    (Optimal string alignment: a swapped pair counts once.)
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        current = [i]
        for j, other in enumerate(b, start=1):
            best = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]


def nearest(word: str, candidates: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The candidates close enough to be a slip of the word, the closest first; case counts less than letters.

    Close enough is one slip in up to four letters, two in up to nine, else three. A candidate that the word begins or
    that it begins with (`resist`, `support_level`) comes after them.
    """
    if not word or len(word) > _LONGEST:
        return ()
    folded = word.casefold()
    allowed = 1 if len(word) <= 4 else 2 if len(word) <= 9 else 3
    ranked: list[tuple[int, int, str]] = []
    for candidate in candidates:
        other = candidate.casefold()
        away = distance(folded, other, allowed)
        # two words of one or two letters are always "one slip" apart: that is no hint
        if away <= allowed and away < max(len(folded), len(other), 2) - (len(folded) <= 2):
            ranked.append((away, candidate != word, candidate))
        elif min(len(folded), len(other)) >= 4 and (other.startswith(folded) or folded.startswith(other)):
            ranked.append((allowed + 1, abs(len(other) - len(folded)), candidate))
    return tuple(candidate for _, _, candidate in sorted(ranked)[:most])
