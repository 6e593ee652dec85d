"""A broken statement hides no mistake of the statements beside it: LIMIT, which is also a word of orders."""

from __future__ import annotations

from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source

from tests.dsl.check.small import CATALOG, MARKETS


def test_a_broken_limit_hides_no_other_statement_of_its_guard() -> None:
    text = "GUARD g\nLIMIT account.worst_los <= 3%\nLIMIT 5\nWHEN account.los(day) > 1% THEN HALT"
    checked = check_source(Source("g", text), CATALOG, MARKETS, Graph())
    assert [(text[d.span.start :].split()[0], d.code) for d in checked.diagnostics] == [
        ("account.worst_los", "limit-reading"),
        ("5", "unexpected"),
        ("los(day)", "unknown-reading"),
    ]
