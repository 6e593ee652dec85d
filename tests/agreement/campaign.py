"""A long search for differences, by hand: `python -m tests.agreement.campaign FIRST COUNT [interpreted|compiled]`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from random import Random
from time import perf_counter
from typing import Literal, cast

from tradeplan.runtime.kernels.build import Kernels

from tests.agreement.columns import differences
from tests.agreement.runs import run_differences
from tests.oracle.cases import random_case


def main(first: int, count: int, mode: Literal["interpreted", "compiled"]) -> int:
    """Try seeds in order; tell each that differs and how many there were."""
    kernels, bad, tried, began = Kernels(mode), 0, 0, perf_counter()
    for seed in range(first, first + count):
        case = random_case(Random(seed), plans=1 + seed % 3)
        if not case.plans:
            continue
        tried += 1
        found = differences(case, kernels, 7)
        for capacity in (4096, 7, 1):
            found = found or run_differences(case, kernels, capacity)
        if found:
            bad += 1
            print(f"seed {seed}: {len(found)} differences", *found[:4], sep="\n  ", flush=True)
    today = datetime.now(UTC).date()
    print(f"{today}: seeds {first} to {first + count - 1}, {tried} worlds, {mode} kernels, {bad} with differences,")
    print(f"{perf_counter() - began:.0f} s")
    return bad


if __name__ == "__main__":
    chosen = sys.argv[3] if len(sys.argv) > 3 else "interpreted"
    sys.exit(bool(main(int(sys.argv[1]), int(sys.argv[2]), cast(Literal["interpreted", "compiled"], chosen))))
