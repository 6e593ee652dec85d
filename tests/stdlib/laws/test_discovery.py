"""A function in any folder is found and law-tested; and each law refuses the function that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.dsl.catalog import Catalog
from tradeplan.stdlib.registry import catalog, load_catalog

from tests.stdlib.driver import run
from tests.stdlib.laws.compiled import compile_step, run_compiled
from tests.stdlib.laws.laws import (
    LAWS,
    Law,
    cases,
    law_any_chunk_size,
    law_bounds_work,
    law_causal,
    law_conditions_have_three_values,
    law_equals_its_oracle,
    law_first_value_at_its_lookback,
    law_scales_with_units,
    law_stays_in_its_state,
    law_survives_gaps,
    same,
)
from tests.stdlib.laws.signatures import check_signature

GOOD = '''
"""How far the last `period` values went in all."""

import math
from tradeplan.dsl.catalog import Function, Gap, Output, SameAs, Scale
from tradeplan.stdlib.parameters import period, source

REMEMBERED = [0.0]


def step(f, k, ring, p, x, out):
    n = int(p[0])
    j = k[0]
    v = x[0]
    old = ring[j]
    ring[j] = v
    j += 1
    if k[1] == 1:
        out[0] = v - old
    else:
        out[0] = math.nan
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series, parameters):
    xs, n = series["source"], int(parameters["period"])
    return {"travel": [xs[i] - xs[i - n] if i >= n else math.nan for i in range(len(xs))]}


FUNCTION = Function(
    name="travel",
    category="series",
    summary="How far the last `period` values went in all.",
    parameters=(period(5), source()),
    outputs=(Output("travel", SameAs("source", as_distance=True), Scale.PRICE),),
    lookback=lambda p: int(p[0]) + 1,
    integers=2,
    ring=lambda p: int(p[0]),
    gap=Gap.HOLD,
    step=step,
    oracle=oracle,
    source="arithmetic",
    example="WHEN travel > 2 ATR THEN ALERT",
)
'''


def written(folder: Path, *changes: tuple[str, str]) -> Catalog:
    """The catalog with GOOD in it, its text changed."""
    text = GOOD
    for old, new in changes:
        assert old in text, f"nothing to change: {old}"
        text = text.replace(old, new, 1)
    folder.mkdir(exist_ok=True)
    (folder / "travel.py").write_text(text, encoding="utf-8")
    return load_catalog(folder)


def test_a_file_in_a_folder_is_a_function(tmp_path: Path) -> None:
    extended = written(tmp_path / "extra")
    assert set(extended.names()) - set(catalog().names()) == {"travel"}
    assert "travel" not in catalog()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_it_faces_the_laws(tmp_path: Path, law: Law) -> None:
    extended = written(tmp_path)
    law(extended["travel"], extended)


def test_it_faces_the_rest(tmp_path: Path) -> None:
    extended = written(tmp_path)
    function = extended["travel"]
    check_signature(function, extended)
    step = compile_step(function)
    for case in cases(function, extended)[:6]:
        compiled = run_compiled(step, function, case.parameters, case.series)
        assert same(compiled["travel"], run(function, case.parameters, case.series)["travel"])


BROKEN: list[tuple[str, Law, list[tuple[str, str]]]] = [
    ("rounding", law_equals_its_oracle, [("out[0] = v - old", "out[0] = (v - old) * 1.00000001")]),
    (
        "off by one",
        law_equals_its_oracle,
        [("int(p[0])\n    j", "int(p[0]) - 1\n    j"), ("period(5)", "period(5, low=2)")],
    ),
    (
        "too early",
        law_first_value_at_its_lookback,
        [("lookback=lambda p: int(p[0]) + 1", "lookback=lambda p: int(p[0]) + 2")],
    ),
    ("too late", law_first_value_at_its_lookback, [("lookback=lambda p: int(p[0]) + 1", "lookback=lambda p: 1")]),
    (
        "hidden memory",
        law_any_chunk_size,
        [("    v = x[0]\n", "    v = x[0] + 0.001 * REMEMBERED[0]\n    REMEMBERED[0] = x[0]\n")],
    ),
    (
        "hidden memory",
        law_causal,
        [("    v = x[0]\n", "    v = x[0] + 0.001 * REMEMBERED[0]\n    REMEMBERED[0] = x[0]\n")],
    ),
    ("a unit of its own", law_scales_with_units, [("out[0] = v - old", "out[0] = v - old + 0.0001")]),
    ("no unit", law_scales_with_units, [("Scale.PRICE", "Scale.NONE")]),
    (
        "poisoned",
        law_survives_gaps,
        [("Gap.HOLD", "Gap.OWN"), ("    old = ring[j]\n", "    v = v + 0.0 * ring[j]\n    old = ring[j]\n")],
    ),
    (
        "too little ring",
        law_stays_in_its_state,
        [("ring=lambda p: int(p[0])", "ring=lambda p: int(p[0]) - 1"), ("period(5)", "period(5, low=2)")],
    ),
    ("from the end", law_stays_in_its_state, [("old = ring[j]", "old = ring[j - n]")]),
    ("writes its input", law_stays_in_its_state, [("    ring[j] = v\n", "    ring[j] = v\n    x[0] = 0.0\n")]),
    ("forgets an output", law_stays_in_its_state, [("    else:\n        out[0] = math.nan\n", "")]),
    (
        "a float among whole numbers",
        law_stays_in_its_state,
        [("k[0] = j", "k[0] = j * 1.0"), ("j = k[0]", "j = int(k[0])")],
    ),
    ("fails at a bound", law_bounds_work, [("    n = int(p[0])\n", "    n = min(int(p[0]), 1000)\n")]),
    (
        "no condition",
        law_conditions_have_three_values,
        [
            ('SameAs("source", as_distance=True)', "Kind(Base.CONDITION)"),
            ("import math\n", "import math\nfrom tradeplan.dsl.kinds import Base, Kind\n"),
        ],
    ),
]


@pytest.mark.parametrize(("law", "changes"), [entry[1:] for entry in BROKEN], ids=[entry[0] for entry in BROKEN])
def test_a_law_refuses_what_breaks_it(tmp_path: Path, law: Law, changes: list[tuple[str, str]]) -> None:
    broken = written(tmp_path, *changes)
    with pytest.raises(AssertionError):
        law(broken["travel"], broken)


UNFIT = [
    ("a constant of the module", [("v = x[0]", "v = x[0] + REMEMBERED[0]")], "plain built-ins"),
    (
        "no bounds",
        [
            ("period(5)", "Parameter('period', COUNT, default='5')"),
            (
                "import math\n",
                "import math\nfrom tradeplan.dsl.catalog import Parameter\nfrom tradeplan.dsl.kinds import COUNT\n",
            ),
        ],
        "has bounds",
    ),
    ("a default out of bounds", [("period(5)", "period(5, low=6)")], "out of bounds"),
    (
        "reads what is not there",
        [
            ("    integers=2", "    reads=(Named('nowhere'),),\n    integers=2"),
            ("Function, Gap", "Function, Named, Gap"),
        ],
        "does not exist",
    ),
    ("no source", [('source="arithmetic"', 'source=""')], "are texts"),
]


@pytest.mark.parametrize(("changes", "reason"), [entry[1:] for entry in UNFIT], ids=[entry[0] for entry in UNFIT])
def test_an_unfit_signature_is_refused(tmp_path: Path, changes: list[tuple[str, str]], reason: str) -> None:
    broken = written(tmp_path, *changes)
    with pytest.raises(AssertionError, match=reason):
        check_signature(broken["travel"], broken)
