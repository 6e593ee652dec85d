"""Folders laid out as SYMBOL/TIMEFRAME[_suffix].parquet: which files hold which series."""

from __future__ import annotations

from pathlib import Path

from tradeplan.dsl.timeframe import TIMEFRAMES

Layout = dict[str, dict[str, tuple[Path, ...]]]
"""Files by symbol and timeframe, in order of name; timeframes finest first."""


def read_layout(folder: Path) -> Layout:
    """The series below a folder, or below its folder `bars`; empty if it is not laid out so."""
    for root in (folder, folder / "bars"):
        layout: Layout = {}
        for path in sorted(root.glob("*/*.parquet")):
            timeframe = path.stem.split("_", 1)[0]
            if timeframe in TIMEFRAMES:
                of = layout.setdefault(path.parent.name, {})
                of[timeframe] = (*of.get(timeframe, ()), path)
        if layout:
            return {s: dict(sorted(of.items(), key=lambda item: TIMEFRAMES[item[0]])) for s, of in layout.items()}
    return {}
