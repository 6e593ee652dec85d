"""A trading week of 60 plans on a terminal's feed and account: `python -m tests.bench.feed_load`.

The real bridge and client over TCP, the stand-in behind it, simulated markets, orders that travel, a database on disk;
time runs as fast as the parts hold, the last `--real` seconds at real speed. Then the same once more while another
process halts, resumes, reloads and looks, and plan files are edited. Prints the figures with their limits, and ends
with 1 when one of them is not kept.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.load.commands import Commands
from tests.load.edits import Edits
from tests.load.figures import Done, Line, differences, done_by, figures, table
from tests.load.plans import calm
from tests.load.week import Week


class Order(NamedTuple):
    """A run; `edits` 0: nobody disturbs it."""

    folder: Path
    plans: int
    markets: int
    hours: float
    trades: bool
    real: float
    edits: int = 0


class Lived(NamedTuple):
    """Its figures, what undisturbed plans did, and what should not have been."""

    lines: list[Line]
    done: Done
    problems: list[str]


def live(order: Order) -> Lived:
    """One run."""
    folder, plans, markets, hours, trades, real, count = order
    edits, commands = Edits(count), Commands()
    disturbers = [edits, commands] if count else []
    week = Week(folder, plans, markets, hours, trades, disturbers, real_seconds=real).run()
    lines = figures(week)
    if count:
        lines += _disturbed(edits, commands)
    return Lived(lines, done_by(week, calm(plans)), edits.problems + commands.problems)


def main() -> int:
    """Run twice, each time in a process of its own, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=120.0)
    parser.add_argument("--plans", type=int, default=60)
    parser.add_argument("--markets", type=int, default=16)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--real", type=float, default=120.0, help="seconds at real speed, at the end of the first")
    parser.add_argument("--paper", action="store_true", help="with the paper broker")
    parser.add_argument("--once", action="store_true", help="undisturbed only")
    given = parser.parse_args()
    size = given.plans, given.markets, given.hours, not given.paper
    with tempfile.TemporaryDirectory() as folder:
        peace = _apart(Order(Path(folder) / "peace", *size, given.real))
        _print("undisturbed", peace.lines)
        lines, problems = peace.lines, []
        if not given.once:
            disturbed = _apart(Order(Path(folder) / "disturbed", *size, 0.0, given.edits))
            lost = differences(peace.done, disturbed.done)
            counted = Line("steps, decisions or fills of untouched plans lost", str(len(lost)), "0", not lost)
            _print("edited and commanded", [*disturbed.lines, counted])
            lines, problems = [*lines, *disturbed.lines, counted], disturbed.problems + lost
    for problem in problems[:20]:
        sys.stdout.write(f"PROBLEM {problem}\n")
    return int(any(line.good is False for line in lines))


def _apart(order: Order) -> Lived:
    """In a fresh process: what one run leaves behind is no part of another's memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(live, order).result()


def _print(what: str, lines: list[Line]) -> None:
    sys.stdout.write(f"{what}\n{table(lines)}\n\n")
    sys.stdout.flush()


def _disturbed(edits: Edits, commands: Commands) -> list[Line]:
    done = ", ".join(f"{kind} {count}" for kind, count in sorted(edits.done.items()))
    asked = ", ".join(f"{name} {count}" for name, count in sorted(commands.asked.items()))
    broken = commands.problems
    return [
        Line("edits", f"{sum(edits.done.values())}: {done}"),
        Line("versions that ran, edits that waited for a position", f"{edits.versions}, {edits.waiting}"),
        Line("another version ran than should", str(len(edits.problems)), "0", not edits.problems),
        Line("asked by another process", f"{asked}; slowest answer {1000.0 * commands.slowest:.0f} ms"),
        Line("broken invariants of requests, halts and database", str(len(broken)), "0", not broken),
    ]


if __name__ == "__main__":
    sys.exit(main())
