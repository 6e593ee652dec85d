"""Every step compiles unchanged and gives bit for bit what plain Python gives (about 10 s for all, uncached)."""

from __future__ import annotations

import pytest
from tradeplan.dsl.catalog import Function
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import run
from tests.stdlib.laws.compiled import compile_step, run_compiled
from tests.stdlib.laws.laws import cases, same


@pytest.mark.parametrize("function", [f for f in catalog() if f.step is not None], ids=lambda function: function.name)
def test_compiled_equals_plain(function: Function) -> None:
    step = compile_step(function)
    for case in cases(function, catalog())[::2]:
        plain = run(function, case.parameters, case.series)
        for name, column in run_compiled(step, function, case.parameters, case.series).items():
            assert same(column, plain[name]), f"`{name}` differs between machine code and plain Python"
