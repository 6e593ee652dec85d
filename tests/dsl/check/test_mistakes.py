"""Every mistake that the checker knows, at its place, with help that says what to do."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tradeplan.dsl.catalog import Markets
from tradeplan.dsl.check import check_guard
from tradeplan.dsl.diagnostic import Report, diagnostic_kinds
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.nodes import Close, Compare, Guard, Identifier, Member, Name, Quantity, Rule
from tradeplan.dsl.pipeline import Checked, check_source
from tradeplan.dsl.source import Source, Span

from tests.dsl.check.small import CATALOG, ENTRY, HEADER, MARKETS, STORED, check

FOLDER = Path(__file__).resolve().parents[2] / "cases" / "check"
CHECKER = Path(__file__).resolve().parents[3] / "dsl"
CASES: list[dict[str, Any]] = [
    case
    for file in ("conditions", "blocks", "company")
    for case in tomllib.loads((FOLDER / f"{file}.toml").read_text("utf-8"))["case"]
]
# too long, or refused by the grammar: tested below; `no-stream` depends on data: tests/runtime/market/features
WITHOUT_A_TEXT = {"too-large", "too-many-rules", "guard-action", "no-stream"}


def text_of(case: dict[str, Any]) -> tuple[str, int]:
    """The whole text of a case and where the part that is wrong begins."""
    entry = "WHEN rsi > 30" + ENTRY + "\n"
    if "text" in case:
        return case["text"], 0
    if "items" in case:
        return HEADER + case["items"], len(HEADER)
    if "guard" in case:
        start = "GUARD g WHEN "
        return start + case["guard"] + " THEN HALT", len(start)
    if "then" in case:
        start = HEADER + "WHEN rsi > 30 THEN "
        return start + case["then"], len(start)
    if "act" in case:
        start = HEADER + entry + "WHEN rsi > 70 THEN "
        return start + case["act"], len(start)
    if "manage" in case:
        start = HEADER + entry + "WHEN "
        return start + case["manage"] + " THEN CLOSE", len(start)
    start = HEADER + "WHEN "
    return start + case["when"] + ENTRY, len(start)


def checked_case(case: dict[str, Any]) -> tuple[Checked, int]:
    text, start = text_of(case)
    markets = STORED if case.get("stored") else MARKETS
    return check_source(Source("t.plan", text), CATALOG, markets, Graph(), date(2026, 1, 10)), start


def name_of(case: dict[str, Any]) -> str:
    return (
        case["code"]
        + ": "
        + str(next(case[k] for k in ("when", "manage", "guard", "then", "act", "items", "text") if k in case))
    )


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_mistake_is_reported_once_at_its_place(case: dict[str, Any]) -> None:
    checked, start = checked_case(case)
    if case.get("ok"):
        assert checked.diagnostics == ()
        return
    assert [d.code for d in checked.diagnostics] == [case["code"]]
    diagnostic = checked.diagnostics[0]
    text = checked.source.text
    pattern = re.escape(case["at"])
    pattern = rf"(?<!\w){pattern}(?!\w)" if re.fullmatch(r"\w+", case["at"]) else pattern
    places = [m.start() for m in re.finditer(pattern, text) if m.start() >= start]
    assert (diagnostic.span.start, checked.source.slice(diagnostic.span)) == (
        places[case.get("nth", 1) - 1],
        case["at"],
    )
    assert case["help"] in diagnostic.help
    assert diagnostic.help
    assert re.match(r"[`a-z]|[A-Z]{2,}", diagnostic.message)
    assert not diagnostic.message.endswith(".")
    assert diagnostic.found
    if "fix" in case:
        fix = diagnostic.fixes[0]
        edit = fix.edits[0]
        assert checked.source.text[: edit.span.start] + edit.replacement + text[edit.span.end :] == (
            text[: diagnostic.span.start] + case["fix"] + text[diagnostic.span.end :]
        )
        assert fix.safe == case.get("safe", False)


@pytest.mark.parametrize("case", [c for c in CASES if c.get("safe")], ids=name_of)
def test_a_safe_fix_repairs_the_plan(case: dict[str, Any]) -> None:
    checked, _ = checked_case(case)
    edit = checked.diagnostics[0].fixes[0].edits[0]
    text = checked.source.text
    repaired = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert check(repaired).diagnostics == ()


def test_every_code_of_the_checker_has_a_case() -> None:
    files = [*(CHECKER / "check").glob("*.py"), CHECKER / "pipeline.py"]
    declared = {c for f in files for c in re.findall(r'diagnostic_kind\(\s*"([a-z-]+)"', f.read_text("utf-8"))}
    assert declared <= {k.code for k in diagnostic_kinds()}
    # a few cases are of the parser, whose own mistakes are in tests/dsl/parse
    of_the_parser = {"name-case", "number-form"}
    assert declared - WITHOUT_A_TEXT == {case["code"] for case in CASES} - of_the_parser


def test_all_mistakes_of_a_file_are_reported_at_once_and_none_twice() -> None:
    checked = check(
        "PLAN a TRADE btc ON M5\n"
        "LET broken = rsj(3)\n"
        "LET fine = broken + 3\n"
        "WHEN fine > 30 AND clos > 3 AND rsi > 30 THEN BUY RISK 0.5% STOP 2R TARGET broken\n"
        "WHEN fine > 3 THEN CLOSE 200%\n"
        "PLAN b TRADE btc ON M5\n"
        "WHEN emma > 3 THEN SELL RISK 0.5% STOP 2 ATR\n"
        "PLAN c TRADE btc ON M5\n"
        "WHEN rsi > 3 THEN SELL RISK 0.5% STOP 2 ATR\n"
    )
    marked = [(d.code, checked.source.slice(d.span)) for d in checked.diagnostics]
    assert marked == [
        ("unknown-name", "rsj"),
        ("unknown-name", "clos"),
        ("level-kind", "2R"),
        ("not-an-amount", "200%"),
        ("unknown-name", "emma"),
    ]
    assert [p.name for p in checked.plans] == ["c"]


LOST = [
    # every use of `floor`: a condition, a level, an argument, behind a dot, a comparison with a word
    (
        (
            "LET floor = (support +\nWHEN close > floor AND floor.low > 3 AND holds(floor)"
            " THEN BUY RISK 0.5% STOP floor - 1 ATR\nWHEN close < at_entry(floor) THEN CLOSE"
        ),
        ["unexpected"],
    ),
    # amounts, and a LET that was used only in what is lost: no warning of it either
    (
        (
            "PARAM share = * 3\nLET above = close > open\nLET both = above AND\n"
            "WHEN both THEN BUY RISK share STOP 2 ATR\nMAX share PER day"
        ),
        ["unexpected", "unexpected"],
    ),
    # what the lost name does not explain is still reported
    (
        "LET floor = (support +\nWHEN close > floor AND clos > 3 THEN BUY RISK 0.5% STOP 2 ATR\nEXPIRES 2026-02-30",
        ["unexpected", "unknown-name", "bad-date"],
    ),
    # the side of the plan is in a rule that could not be read whole; its size and its stop both lack
    ('WHEN choch(with) THEN ALERT "turned"\nWHEN rsi > 30 THEN BUY RISK STOP', ["unexpected", "unexpected"]),
]


@pytest.mark.parametrize(("items", "expected"), LOST)
def test_what_a_syntax_error_took_away_is_not_missed_again(items: str, expected: list[str]) -> None:
    assert [d.code for d in check(HEADER + items).diagnostics] == expected


def test_a_name_is_lost_in_its_own_block_only() -> None:
    checked = check(
        HEADER + "LET floor = (low +\nWHEN close > floor" + ENTRY + "\nGUARD g WHEN floor > 3 THEN HALT\n"
        "PLAN q TRADE btc ON M5 WHEN close > floor" + ENTRY
    )
    assert [(d.code, checked.source.position(d.span.start)[0]) for d in checked.diagnostics] == [
        ("unexpected", 2),
        ("unknown-name", 4),
        ("unknown-name", 5),
    ]


def test_an_unknown_traded_market_does_not_hide_the_other_mistakes() -> None:
    checked = check("PLAN p TRADE nosuch ON M5 WHEN rsi > 30 AND clos > 3 THEN BUY RISK 0.5% STOP 2 ATR")
    assert [d.code for d in checked.diagnostics] == ["unknown-market", "unknown-name"]


def test_a_missing_view_is_reported_once() -> None:
    checked = check(HEADER + "WHEN M15.close > M15.open AND M15.rsi > 3" + ENTRY, STORED)
    assert [d.code for d in checked.diagnostics] == ["no-data"]
    assert checked.diagnostics[0].expected == ("btc.M5", "btc.H1")


def test_too_many_rules_and_too_long_a_lookback_are_refused() -> None:
    many = check(HEADER + ("WHEN rsi > 30" + ENTRY + "\n") * 201)
    assert [d.code for d in many.diagnostics] == ["too-many-rules"]
    long = "((rsi > 30 FOR 50000 bars) WITHIN 50000 bars)"
    for _ in range(5):
        long = f"(({long} FOR 50000 bars) WITHIN 50000 bars)"
    deep = check(HEADER + "WHEN " + long + ENTRY)
    assert [d.code for d in deep.diagnostics] == ["too-large"]


def test_too_many_values_are_refused() -> None:
    # 199 rules of 60 different comparisons and their OR: at least 199 * 61 comparisons, each over its own constant
    rules = "".join(
        "WHEN " + " OR ".join(f"rsi > {30 + (60 * r + i) / 1000:.3f}" for i in range(60)) + ENTRY + "\n"
        for r in range(199)
    )
    assert [d.code for d in check(HEADER + rules).diagnostics] == ["too-large"]


def test_a_guard_that_trades_is_refused_even_if_no_grammar_did() -> None:
    span = Span(0, 1)
    report = Report(Source("t.plan", "x"))
    condition = Compare(span, ">", Member(span, Name(span, "feed"), "quality", span), Quantity(span, "80", "%"))
    rule = Rule(span, condition, (Close(span, None),))
    guard = Guard(span, Identifier(span, "g"), None, (rule,))
    assert check_guard(guard, report, CATALOG, MARKETS, Graph()).block is None
    assert [d.code for d in report.diagnostics] == ["guard-action"]


def test_long_chains_of_definitions_are_refused_quickly_and_without_recursion() -> None:
    chain = "LET v0 = rsi\n" + "".join(f"LET v{i} = v{i - 1} + v{i - 1}\n" for i in range(1, 250))
    assert [d.code for d in check(HEADER + chain + "WHEN v249 > 3" + ENTRY).diagnostics] == ["too-large"]
    clock = "LET c0 = time > 08:00\n" + "".join(f"LET c{i} = NOT (c{i - 1} OR c{i - 1})\n" for i in range(1, 290))
    assert [d.code for d in check(HEADER + clock + "WHEN c289" + ENTRY).diagnostics] == ["too-large"]
    levels = "LET s0 = low - 1 pip\n" + "".join(f"LET s{i} = s{i - 1} - (close - s{i - 1})\n" for i in range(1, 60))
    assert check(HEADER + levels + "WHEN rsi > 3 THEN BUY RISK 1% STOP s59").diagnostics == ()
    many = "".join(f"LET v{i} = rsi\n" for i in range(301))
    assert [d.code for d in check(HEADER + many + "WHEN v1 > 3" + ENTRY).diagnostics] == ["too-many-rules"]


def test_a_market_without_any_data_is_named_when_data_was_given() -> None:
    empty = Markets([replace(facts, timeframes=()) for facts in MARKETS])
    checked = check(HEADER + "WHEN rsi > 30" + ENTRY, empty)
    assert [(d.code, d.expected) for d in checked.diagnostics] == [("no-data", ())]
    assert checked.diagnostics[0].help == "import `btc` on M5: `plan data import`"
