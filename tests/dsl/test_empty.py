"""A text without a block is told apart from a text whose blocks could not be read."""

from __future__ import annotations

import pytest
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.empty import nothing_in
from tradeplan.dsl.source import Span

from tests.dsl.check.small import ENTRY, HEADER, check


@pytest.mark.parametrize(("text", "found"), [("", "nothing"), (" \n", "nothing"), ("# PLAN p\n", "only comments")])
def test_a_text_without_a_plan(text: str, found: str) -> None:
    (said,) = nothing_in(check(text))
    assert (said.code, said.severity, said.span, said.found) == ("no-plan", Severity.WARNING, Span(0, 0), found)
    assert "`plan new FILE`" in said.help


def test_where_nothing_but_a_plan_will_do_it_is_an_error() -> None:
    assert [d.severity for d in nothing_in(check(""), Severity.ERROR)] == [Severity.ERROR]


@pytest.mark.parametrize("text", [HEADER + "WHEN rsi > 30" + ENTRY, "PLAN", "GUARD g", "buy low, sell high"])
def test_a_plan_or_a_mistake_that_tells_why_there_is_none_says_enough(text: str) -> None:
    assert nothing_in(check(text)) == []
