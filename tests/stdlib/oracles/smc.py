"""smartmoneyconcepts beside the functions of structure: what agrees, and into which class every difference falls.

    python -m tests.stdlib.oracles.smc    # the whole of EURUSD M15 and two months of BTCUSD M5: the figures of docs/

The library looks ahead, so its events are moved to the bar on which they can be known. Its window of a swing has one
bar fewer on the left and takes equal neighbours, so for breaks and blocks it is handed strict swings.
"""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.stdlib.real import Columns, bars_of, columns_of

with contextlib.redirect_stdout(io.StringIO()):  # it thanks whoever imports it
    from smartmoneyconcepts import smc

K = 3
AGREES = "agrees"
WARM = 40


def frame(bars: Columns) -> pd.DataFrame:
    """The bars as the library wants them."""
    names = ("open", "high", "low", "close")
    return pd.DataFrame({name: bars[name] for name in names} | {"volume": bars["tick_volume"] + bars["real_volume"]})


def strict(values: np.ndarray, k: int) -> np.ndarray:
    """Where a value is above the k before it and the k after it."""
    windows = np.lib.stride_tricks.sliding_window_view(values, 2 * k + 1)
    others = np.delete(windows, k, axis=1).max(axis=1)
    found = np.zeros(len(values), dtype=bool)
    found[k : len(values) - k] = windows[:, k] > others
    return found


def zigzag(bars: Columns, k: int) -> list[tuple[int, int, float]]:
    """Strict swings of the whole series, highs and lows in turn: bar, 1 or -1, price."""
    tops, bottoms = strict(bars["high"], k), strict(-bars["low"], k)
    kept: list[tuple[int, int, float]] = []
    for i in np.flatnonzero(tops != bottoms):
        kind = 1 if tops[i] else -1
        swing = (int(i), kind, float(bars["high" if kind > 0 else "low"][i]))
        if kept and kept[-1][1] == kind:
            if kind * (swing[2] - kept[-1][2]) > 0:
                kept[-1] = swing
        else:
            kept.append(swing)
    return kept


def swing_frame(length: int, swings: list[tuple[int, int, float]]) -> pd.DataFrame:
    """Swings as the library returns them."""
    found = pd.DataFrame({"HighLow": np.full(length, np.nan), "Level": np.full(length, np.nan)})
    for bar, kind, price in swings:
        found.loc[bar, ["HighLow", "Level"]] = [kind, price]
    return found


def compare_gaps(bars: Columns) -> Counter[str]:
    """Fair value gaps of any size; theirs lie on the middle bar, ours on the bar after it."""
    theirs = smc.fvg(frame(bars))
    length = len(bars["close"])
    result: Counter[str] = Counter()
    for side in (1.0, -1.0):
        ours = columns_of("fvg", bars, direction=side, gap=0.0)
        for t in range(WARM, length):
            found, mine = theirs["FVG"][t - 1] == side, ours["formed"][t] == 1.0
            if found and mine:
                edges = (ours["low"][t], ours["high"][t]) == (theirs["Bottom"][t - 1], theirs["Top"][t - 1])
                result[AGREES if edges else "unexplained: other edges"] += 1
            elif mine:
                against = side * (bars["close"][t - 1] - bars["open"][t - 1]) <= 0
                result["the middle bar goes the other way" if against else "unexplained: ours alone"] += 1
            elif found:
                result["unexplained: theirs alone"] += 1
    return result


def compare_swings(bars: Columns, k: int = K) -> Counter[str]:
    """Swings, ours moved back from the bar that confirms them."""
    length = len(bars["close"])
    theirs = smc.swing_highs_lows(frame(bars), swing_length=k)["HighLow"].to_numpy()
    result: Counter[str] = Counter()
    # a bar that is both counts as a high with them, with neither kept if a higher one follows
    loose = [bars["high"][i] == bars["high"][max(0, i - k + 1) : i + k + 1].max() for i in range(length)]
    for kind, name in ((1, "swing_high"), (-1, "swing_low")):
        values = bars["high"] if kind > 0 else -bars["low"]
        confirmed = columns_of(name, bars, k=k)["confirmed"] == 1.0
        for i in range(WARM, length - WARM):
            mine, found = bool(confirmed[i + k]), theirs[i] == kind
            around = np.delete(values[i - k : i + k + 1], k)
            if mine and found:
                result[AGREES] += 1
            elif found:
                looser = values[i - k] >= values[i] or (around >= values[i]).any()
                result["a bar less on the left, or an equal neighbour" if looser else "unexplained: theirs alone"] += 1
            elif mine and kind < 0 and loose[i]:
                result["a low that is a high, too"] += 1
            elif mine:
                result[_removed(theirs, values, i, kind)] += 1
    return result


def _removed(theirs: np.ndarray, values: np.ndarray, i: int, kind: int) -> str:
    """Whether the next swing of theirs, before or after, is of the same kind and as extreme: it keeps only that one."""
    marked = np.flatnonzero(~np.isnan(theirs))
    before, after = marked[marked < i][-1:], marked[marked > i][:1]
    near = [int(j) for j in (*before, *after) if theirs[j] == kind and values[j] >= values[i]]
    return "a more extreme one of its kind follows or precedes it" if near else "unexplained: ours alone"


def compare_breaks(bars: Columns, k: int = K) -> Counter[str]:
    """Breaks and changes with margin 0, theirs moved to the first close beyond with all three swings known."""
    swings, length, close = zigzag(bars, k), len(bars["close"]), bars["close"]
    theirs = smc.bos_choch(frame(bars), swing_frame(length, swings), close_break=True)
    place = {bar: number for number, (bar, _, _) in enumerate(swings)}
    ends = patterns(swings, close)
    result: Counter[str] = Counter()
    for side in (1, -1):
        ours = columns_of("swing_break", bars, direction=float(side), k=k, margin=0.0)
        mine = {
            int(t): ("BOS" if ours["continues"][t] == 1.0 else "CHOCH", float(ours["level"][t]))
            for t in np.flatnonzero((ours["continues"] == 1.0) | (ours["changes"] == 1.0))
            if WARM <= t < length - WARM
        }
        told: set[int] = set()
        for name in ("BOS", "CHOCH"):
            for i in np.flatnonzero(theirs[name].to_numpy() == side):
                at = place[int(i)]
                level, between = swings[at][2], swings[at + 1][0] + k
                after = np.flatnonzero(side * (close[between:] - level) > 0)
                known = between + int(after[0]) if after.size else length
                if not WARM <= known < length - WARM:
                    continue
                early = [t for t in mine if i + k < t < known and mine[t][1] == level]
                if mine.get(known) == (name, level):
                    told.add(known)
                    result[AGREES] += 1
                elif early:
                    told.update(early)
                    result["ours is earlier: the swing between moved on after the break"] += 1
                elif at + 3 < len(swings) and swings[at + 3][0] + k <= known:
                    result["theirs is of swings that newer ones had replaced"] += 1
                elif _newer(bars, int(i), side, known, k):
                    result["theirs is of swings that were others at the time"] += 1
                else:
                    result["unexplained: theirs alone"] += 1
        for t in mine.keys() - told:
            result[_not_theirs(swings, ends, side, float(mine[t][1]), t, k)] += 1
    return result


def _newer(bars: Columns, bar: int, side: int, known: int, k: int) -> bool:
    """Whether the swings known on a bar end in other three than those around a swing."""
    then = zigzag({name: column[: known + 1] for name, column in bars.items()}, k)
    while then and then[-1][1] == side:
        then.pop()
    return len(then) < 2 or then[-2][0] != bar


def patterns(swings: list[tuple[int, int, float]], close: np.ndarray) -> dict[int, int]:
    """The library's patterns before it drops any: by number of the broken swing the bar that closes beyond it."""
    found = {}
    for at in range(1, len(swings) - 2):
        bar, side, price = swings[at]
        before, after, last = (side * swings[at + d][2] for d in (-1, 1, 2))
        if before != after and max(before, after) < side * price < last:
            beyond = np.flatnonzero(side * (close[bar + 2 :] - price) > 0)
            if beyond.size:
                found[at] = bar + 2 + int(beyond[0])
    return found


def _not_theirs(
    swings: list[tuple[int, int, float]], ends: dict[int, int], side: int, level: float, t: int, k: int
) -> str:
    """Why the library does not tell a break that ours saw on bar t."""
    at = max(
        (n for n, (bar, kind, price) in enumerate(swings) if bar < t and kind == side and price == level), default=0
    )
    if at == 0 or at + 2 >= len(swings) or swings[at + 1][0] + k > t:
        return "ours is of swings that later ones replaced"
    before, high, after, last = (side * swings[at + d][2] for d in (-1, 0, 1, 2))
    if before == after:
        return "ours: the two lows (highs) are equal"
    if last <= high:
        return "ours: a lower high (higher low) lies between swing and break"
    if at in ends and any(other > at and end <= ends[at] for other, end in ends.items()):
        return "theirs drops it: a later pattern ended before"
    return "unexplained: ours alone"


def compare_blocks(bars: Columns, k: int = K) -> Counter[str]:
    """Order blocks by replay: the library sees each prefix with the swings known in it; what is new was just formed."""
    length = len(bars["close"])
    table = frame(bars)
    result: Counter[str] = Counter()
    for side, name in ((1, "high"), (-1, "low")):
        ours = columns_of("order_block", bars, direction=float(side), k=k)
        found = strict(side * bars[name], k)
        marks = pd.DataFrame({"HighLow": np.where(found, float(side), np.nan), "Level": bars[name]})
        before: Any = None
        for t in range(WARM, length):
            known = marks.iloc[: t + 1].copy()
            known.loc[t - k + 1 :, "HighLow"] = np.nan
            now = smc.ob(table.iloc[: t + 1], known).iloc[:, :4].to_numpy()
            if before is not None:
                fresh = [i for i in range(t) if now[i, 0] == side and not np.array_equal(now[i], before[i])]
                mine = ours["formed"][t] == 1.0
                if mine and fresh:
                    own = fresh[-1]
                    edges = tuple(sorted((bars["low"][own], bars["high"][own])))
                    same = (ours["low"][t], ours["high"][t]) == edges and ours["age"][t] == t - own
                    result[AGREES if same else "unexplained: another bar"] += 1
                elif mine or fresh:
                    result["unexplained: ours alone" if mine else "unexplained: theirs alone"] += 1
            before = np.vstack([now, np.full((1, 4), np.nan)])
    return result


def share(result: Counter[str]) -> float:
    """Agreement among the judged: what agrees, of that and what nothing explains."""
    unexplained = sum(count for name, count in result.items() if name.startswith("unexplained"))
    return 100 * result[AGREES] / max(1, result[AGREES] + unexplained)


def main(data: Path) -> None:
    """Prints the figures."""
    for symbol, timeframe, rows, few in (
        ("EURUSD", "M15", slice(None), 2000),
        ("BTCUSD", "M5", slice(0, 50000), 1000),
    ):
        bars = bars_of(data, symbol, timeframe, rows)
        short = {name: column[:few] for name, column in bars.items()}
        print(symbol, timeframe, len(bars["close"]))
        for compare, part in (
            (compare_gaps, bars),
            (compare_swings, bars),
            (compare_breaks, bars),
            (compare_blocks, short),
        ):
            result = compare(part)
            print(f"  {compare.__name__}: {share(result):.2f} %", dict(result), flush=True)


if __name__ == "__main__":
    main(Path(__file__).resolve().parents[4] / "shared" / "data")
