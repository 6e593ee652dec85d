"""Everything that docs/conditions.md tells to write is accepted by the checker."""

from __future__ import annotations

import re

import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.docs.blocks import ROOT


def written() -> list[str]:
    """The code of the column `written`; `.high` is a result of what stands before it."""
    found: list[str] = []
    for line in (ROOT / "docs" / "conditions.md").read_text(encoding="utf-8").splitlines():
        cells = line.split("|")
        if len(cells) == 5 and "`" in cells[2]:
            whole = ""
            for code in re.findall(r"`([^`]+)`", cells[2]):
                if not code.startswith("."):
                    whole = code
                found.append(whole.partition(".")[0] + code if code.startswith(".") else code)
    return found


def test_the_page_has_its_tables() -> None:
    assert len(written()) > 25


@pytest.mark.parametrize("code", written())
def test_it_is_accepted(code: str) -> None:
    text = f"PLAN p TRADE btc ON M5\nWHEN known({code}) THEN BUY RISK 0.5% STOP 2 ATR\n"
    checked = check_source(Source("conditions.md", text), catalog(), load_facts(), Graph())
    assert checked.ok, [diagnostic.message for diagnostic in checked.diagnostics]
