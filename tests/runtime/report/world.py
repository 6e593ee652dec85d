"""A run small enough to follow by hand, and a reader of the page made from it."""

from __future__ import annotations

import json
from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.api import backtest
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.report.page import render_report

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
PLAN = f"""# {HOSTILE} & <!-- <b>
PLAN probe "{HOSTILE}"
TRADE eurusd ON M5
WHEN close CROSSES ABOVE 1.1010
THEN BUY RISK 1% STOP 1.0990 TARGET 1.1070 TAKE 50% AT 1.1040
WHEN profit >= 1R THEN MOVE STOP TO entry
WHEN close > 1.1040 THEN ALERT "{HOSTILE}"
"""
FIRST = 1_709_546_400_000  # 2024-03-04 10:00 UTC, a Monday
MINUTE = 60_000


def frame(closes: list[float], start: int = FIRST, minutes: int = 5, reach: float = 0.0001) -> pd.DataFrame:
    """Bars that open at the close before; high and low lie `reach` outside. The spread is 10 points."""
    close = np.array(closes)
    opened = np.concatenate((close[:1], close[:-1]))
    index = pd.to_datetime(start + np.arange(len(close)) * minutes * MINUTE, unit="ms", utc=True)
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) + reach,
            "low": np.minimum(opened, close) - reach,
            "close": close,
            "spread": 10,
        },
        index=index,
    )


@cache
def run() -> tuple[BacktestResult, Dataset]:
    """Flat for an hour, a rise through entry and TAKE, a fall through the moved stop."""
    closes = [1.1000] * 12 + [1.1011, 1.1020, 1.1036, 1.1045, 1.1030] + [1.1005] * 7
    dataset = Dataset.from_frames({("eurusd", "M5"): frame(closes)}, load_profiles())
    return backtest(PLAN, dataset, account=AccountConfig(record_moves=True)), dataset


@cache
def page(analysed: bool = True) -> str:
    """The page of the run."""
    result, dataset = run()
    return render_report(result, dataset, analyse(result).as_dict() if analysed else None, [("Note", HOSTILE)])


class Page(HTMLParser):
    """Elements of a page: scripts with their attributes and text, figures with theirs, and the names of all tags."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.figures: list[tuple[dict[str, str | None], str]] = []
        self._inside: list[tuple[dict[str, str | None], str]] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        self._inside = {"script": self.scripts, "data": self.figures}.get(tag)
        if self._inside is not None:
            self._inside.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            attributes, text = self._inside[-1]
            self._inside[-1] = (attributes, text + data)

    def json(self, name: str) -> Any:
        """The JSON of a block."""
        return json.loads(next(text for attributes, text in self.scripts if attributes.get("id") == name))
