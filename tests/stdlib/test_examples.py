"""The example line of every function is a line of a plan that can be read."""

from __future__ import annotations

import pytest
from tradeplan.dsl.catalog import Function
from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.parse import parse
from tradeplan.dsl.source import Source
from tradeplan.stdlib.registry import catalog


@pytest.mark.parametrize("function", list(catalog()), ids=lambda function: function.name)
def test_example_is_read_without_a_complaint(function: Function) -> None:
    source = Source("example.plan", f'PLAN example "Shows `{function.name}`."\nTRADE btc ON M5\n\n{function.example}\n')
    report = Report(source)
    parse(source, report)
    assert [diagnostic.message for diagnostic in report.diagnostics] == []
