"""The example plans over whole real series, run by hand: `python -m tests.agreement.full`; takes some minutes."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from tradeplan.runtime.kernels.build import Kernels

from tests.agreement.real import SERIES, compare_series
from tests.conftest import REPOSITORY


def main() -> int:
    """Compare every series and print dated figures; the exit code says whether any differs."""
    bad = 0
    print(datetime.now(UTC).date())
    for series in SERIES:
        outcome = compare_series(series, REPOSITORY.parent / "shared" / "data", series.whole, Kernels("compiled"), 4096)
        bad += bool(outcome.differences)
        print(
            f"{series.name}: {outcome.bars} bars, {outcome.decisions} decisions, {outcome.fills} fills, "
            f"balance {outcome.balance / 100:.2f}, {len(outcome.differences)} differences; "
            f"interpreter {outcome.slow_seconds:.0f} s, order loop {outcome.fast_seconds:.2f} s",
            *outcome.differences[:10],
            sep="\n  ",
            flush=True,
        )
    return bad


if __name__ == "__main__":
    sys.exit(bool(main()))
