"""Every registered function faces every law; adding a file to the standard library adds its tests."""

from __future__ import annotations

import pytest
from tradeplan.dsl.catalog import Function
from tradeplan.stdlib.registry import catalog

from tests.stdlib.laws.laws import LAWS, Law
from tests.stdlib.laws.signatures import check_signature

WITH_STEPS = [function for function in catalog() if function.step is not None]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__.removeprefix("law_"))
@pytest.mark.parametrize("function", WITH_STEPS, ids=lambda function: function.name)
def test_law(function: Function, law: Law) -> None:
    law(function, catalog())


@pytest.mark.parametrize("function", list(catalog()), ids=lambda function: function.name)
def test_signature(function: Function) -> None:
    check_signature(function, catalog())
