"""What a load run came to, against the limits that it has to keep, as a short table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tests.load.meter import idle_megabytes
from tests.load.week import Week

BYTES_A_BAR = 81
"""What the columns of `Bars` take for one."""
SPEED, CHECK_MS, FETCH_MS, HIT_RATE, MEGABYTES, CORE = 200.0, 100.0, 200.0, 70.0, 400.0, 30.0
NEAR = 20
"""Instants of which the least counts, where memory is compared."""
GROWTH = 2.0
"""MB that a resident size may differ between two moments without anything being kept: the allocator's own."""


class Done(NamedTuple):
    """What plans did: instants of the run, rows of the database by what they are."""

    instants: list[int]
    rows: dict[str, list[tuple[Any, ...]]]


class Line(NamedTuple):
    """One figure; `good` None: it has no limit."""

    name: str
    value: str
    limit: str = ""
    good: bool | None = None


def percentile(values: Sequence[float], percent: float) -> float:
    """A percentile, 0 of nothing."""
    return float(np.percentile(values, percent)) if values else 0.0


def figures(week: Week) -> list[Line]:
    """All figures of a run."""
    readings, plans = week.feed.readings, week.plans
    speed = week.hours * 3600.0 / week.seconds
    trips = week.feed.trips
    whole = [trip.whole for trip in trips]
    p99 = percentile(whole, 99)
    slow = [trip for trip in trips if trip.whole >= p99]
    mean = [float(np.mean([part(t) for t in slow])) for part in _PARTS] if slow else [0.0] * len(_PARTS)
    steps = [percentile(week.steps, 50), percentile(week.steps, 99)]
    hits, memory = 100.0 * readings.hit_rate, max(week.memory) - idle_megabytes()
    before, after = week.begun_with, week.ended_with
    bars, columns = 1e-6 * BYTES_A_BAR * (after.bars - before.bars), 1e-6 * (after.columns - before.columns)
    fifth = len(week.memory) // 5
    # an edit takes more for one step: what is kept is seen between two
    growth = min(week.memory[-NEAR:]) - min(week.memory[fifth : fifth + NEAR])
    lines = [
        Line("plans, markets, timeframes, series", f"{plans}, {week.fed[0]}, {week.fed[1]}, {week.fed[2]}"),
        Line("instants, decisions, fills", f"{week.totals.steps}, {week.totals.decisions}, {week.totals.fills}"),
        Line("speed, times real time", f"{speed:.0f}", f"at least {SPEED:g}", speed >= SPEED),
        Line("step of all plans, ms", f"p50 {steps[0]:.2f}, p99 {steps[1]:.2f}"),
        Line(
            "check of one plan, ms",
            f"p50 {steps[0] / plans:.3f}, p99 {steps[1] / plans:.3f}",
            f"p99 far below {CHECK_MS:g}",
            steps[1] / plans < CHECK_MS / 10,
        ),
        Line(
            "batched fetch, ms",
            f"p50 {percentile(whole, 50):.1f}, p99 {p99:.1f}, most {max(whole, default=0):.1f}",
            f"p99 below {FETCH_MS:g}",
            p99 < FETCH_MS,
        ),
        Line(
            "of the slowest 1 %, ms on average",
            "stand-in {:.1f}, bridge {:.1f}, client {:.1f}, waiting for a processor {:.1f}".format(*mean),
        ),
        Line("hit rate, %", f"{hits:.1f}", f"above {HIT_RATE:g}", hits > HIT_RATE),
        Line("late bars", f"{readings.late}", "0", readings.late == 0),
        Line("memory over an idle interpreter, MB", f"{memory:.0f}", f"less than {MEGABYTES:g}", memory < MEGABYTES),
        Line(
            "growth over the last 80 %, MB, beside the columns of the bars that came",
            f"{growth - columns:.1f} (in all {growth:.1f}, columns {columns:.1f}, {columns - bars:.1f} of it room;"
            f" {after.objects - before.objects:+,} objects of Python)",
            f"none (less than {GROWTH:g})",
            growth - columns < GROWTH,
        ),
    ]
    if week.real_seconds:
        core = 100.0 * week.real_busy / week.real_lasted
        lines.append(
            Line(f"core at real speed ({week.real_lasted:.0f} s), %", f"{core:.1f}", f"less than {CORE:g}", core < CORE)
        )
    return lines


_PARTS = (lambda t: t.stand_in, lambda t: t.server, lambda t: t.client, lambda t: t.waiting)


def done_by(week: Week, numbers: list[int]) -> Done:
    """What these plans did in a run, and which instants it stepped."""
    names = {week.name(i) for i in numbers}
    rows = {what: [r for r in week.rows(query) if r[1] in names] for what, query in _QUERIES.items()}
    return Done(list(week.instants), rows)


def differences(peace: Done, disturbed: Done) -> list[str]:
    """What was done otherwise than in an undisturbed run over the same bars; each step counts."""
    found = []
    until = max(disturbed.instants)
    instants = [t for t in peace.instants if t <= until]  # the real speed at its end is not disturbed
    if instants != list(disturbed.instants):
        found.append(f"{len(instants)} instants were stepped undisturbed, {len(disturbed.instants)} disturbed")
    for what in _QUERIES:
        # the last instant's orders may fill after the end of one of them
        before, after = ([r for r in done.rows[what] if r[0] < until] for done in (peace, disturbed))
        if before != after:
            first = next(((a, b) for a, b in zip(before, after, strict=False) if a != b), None)
            found.append(f"{what}: {len(before)} undisturbed, {len(after)} disturbed, the first other one: {first}")
    return found


_QUERIES = {
    # positions are numbered over all plans, so that one of a plan that was disturbed moves the others' numbers
    "decisions": "select time, plan, rule, action, outcome, json_remove(detail, '$.position') from decision"
    " order by time, plan, rule, action",
    # in the minute: an order that follows an edit which needs history goes out a moment later
    "fills": "select time / 60000 * 60000, plan, leg, reason, price, lots, profit, commission from fill"
    " order by 1, plan, leg",
}


def table(lines: list[Line]) -> str:
    """The figures for a terminal."""
    said = {None: "", True: "pass", False: "FAIL"}
    return "\n".join(f"{said[x.good]:4}  {x.name}: {x.value}{f'  ({x.limit})' if x.limit else ''}" for x in lines)
