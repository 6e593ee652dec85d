"""What `plan check` costs as a whole process: `python -m tests.bench.check [--profile]`.

Prints the median of 20 runs over one file, with bytecode as an installation has it, beside an empty Python and the
import of click alone; one run over a folder of 1,000 different plans; and with --profile where its time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source, duplicates_across
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.fuzz.seeds import generated

RUNS, FILES = 20, 1_000
_PLAN = (sys.executable, "-m", "tradeplan.runtime.cli", "check", "-q")


def timed(words: Sequence[str], environment: Mapping[str, str], folder: Path, runs: int = RUNS) -> str:
    """Median and least wall time, and the median of processor time, in milliseconds."""
    walls, works = [], []
    for _ in range(runs):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(words, env=environment, cwd=folder, check=True, capture_output=True)
        walls.append((time.perf_counter() - start) * 1000)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        works.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    wall, work = statistics.median(walls), statistics.median(works)
    return f"median {wall:.0f} ms, least {min(walls):.0f} ms, processor {work:.0f} ms"


def varied_plans(count: int) -> list[str]:
    """Plans made at random, each with a name of its own."""
    return generated(20_261_121, count)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--profile", action="store_true", help="also show where the time of 1,000 checks goes")
    profile = parser.parse_args().profile
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # bytecode as an installation has it, whatever the environment says about writing it
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        plans = folder / "plans"
        plans.mkdir()
        texts = varied_plans(FILES)
        for number, text in enumerate(texts):
            (plans / f"p{number}.plan").write_text(text, encoding="utf-8")
        one = str(plans / "p1.plan")
        timed([*_PLAN, one], environment, folder, runs=2)
        print(f"python -c pass: {timed([sys.executable, '-c', 'pass'], environment, folder)}")
        print(f"import click: {timed([sys.executable, '-c', 'import click'], environment, folder)}")
        print(f"plan check, one file: {timed([*_PLAN, one], environment, folder)}")
        size = sum(len(text) for text in texts)
        shown = timed([*_PLAN, str(plans)], environment, folder, runs=3)
        print(f"plan check, {FILES} files of {size // 1024} KiB together: {shown}")
    if profile:
        _profile(texts)


def _profile(texts: Sequence[str]) -> None:
    functions, markets = catalog(), load_facts()
    with cProfile.Profile() as recorded:
        checked = [check_source(Source(f"p{i}", text), functions, markets, Graph()) for i, text in enumerate(texts)]
        duplicates_across(checked)
    pstats.Stats(recorded).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
