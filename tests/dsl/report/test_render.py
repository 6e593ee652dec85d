"""What people and programs see of a diagnostic."""

from __future__ import annotations

import json

from tradeplan.dsl.diagnostic import Diagnostic, Edit, Fix, Severity
from tradeplan.dsl.report import render_github, render_json, render_sarif, render_text
from tradeplan.dsl.source import Source, Span

#                 0123456789
SOURCE = Source("a.plan", "PLAN x\n# ü\nWHEN rsl(14) > 3\n")
START = SOURCE.text.index("rsl")
WRONG = Diagnostic(
    "unknown-name",
    Severity.ERROR,
    "there is no function `rsl`",
    SOURCE,
    Span(START, START + 3),
    found="rsl",
    expected=("rsi", "rma"),
    help="did you mean `rsi`?",
    fixes=(Fix("write `rsi`", (Edit(Span(START, START + 3), "rsi"),), safe=True),),
)


def test_text_shows_the_line_and_a_mark_below_the_place() -> None:
    assert render_text([WRONG]).splitlines() == [
        "a.plan:3:6: error[unknown-name]: there is no function `rsl`",
        "    3 | WHEN rsl(14) > 3",
        "      |      ^^^",
        "      expected: rsi, rma",
        "      help: did you mean `rsi`?",
        "      fix: write `rsi` (`plan check --fix` does it)",
    ]


def test_control_characters_of_a_plan_do_not_reach_the_terminal() -> None:
    source = Source("a.plan", "PLAN \x1b[31mx\x07")
    text = render_text([Diagnostic("c", Severity.WARNING, "m \x1b", source, Span(5, 6))])
    assert "\x1b" not in text
    assert "\x07" not in text


def test_json_counts_lines_columns_and_bytes() -> None:
    answer = json.loads(render_json([WRONG], ["x"]))
    assert (answer["schema_version"], answer["ok"], answer["plans"]) == (1, False, ["x"])
    (one,) = answer["diagnostics"]
    # `ü` is two bytes, so byte offsets are one more than code points behind it
    assert one["span"] == {
        "line": 3,
        "column": 6,
        "end_line": 3,
        "end_column": 9,
        "byte_start": START + 1,
        "byte_end": START + 4,
    }
    assert one["fixes"][0]["applicability"] == "safe"
    assert one["fixes"][0]["edits"][0]["replacement"] == "rsi"


def test_github_escapes_what_its_syntax_uses() -> None:
    source = Source("a,b:c.plan", "x")
    line = render_github([Diagnostic("c", Severity.ERROR, "50% of\nit", source, Span(0, 1))])
    assert line == "::error file=a%2Cb%3Ac.plan,line=1,endLine=1,col=1,endColumn=2,title=c::50%25 of%0Ait"


def test_sarif_has_region_and_fix() -> None:
    log = json.loads(render_sarif([WRONG], "0.1"))
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "unknown-name"
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 6
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "rsi"
    assert replacement["deletedRegion"]["byteLength"] == 3


def test_marks_stand_below_the_place_whatever_stands_before_it() -> None:
    # a wide letter takes two columns, a combining accent none: `雷` and `e` with an accent are 3 columns
    source = Source("a.plan", "\u96f7e\u0301 x")
    line, marks = render_text([Diagnostic("c", Severity.ERROR, "m", source, Span(4, 5))]).splitlines()[1:3]
    assert line.endswith("\u96f7e\u0301 x")
    assert marks == "      | " + " " * 4 + "^"


def test_control_characters_of_a_file_name_do_not_reach_the_terminal() -> None:
    source = Source("a\x1b[2J\n.plan", "x")
    shown = render_text([Diagnostic("c", Severity.ERROR, "m", source, Span(0, 1), related=((Span(0, 1), "r"),))])
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 4


def test_sarif_names_files_by_uri_and_tells_what_is_related() -> None:
    source = Source("/plans/f\u00fcr 50%.plan", "x y")
    one = Diagnostic("c", Severity.ERROR, "m", source, Span(0, 1), related=((Span(2, 3), "first used here"),))
    (result,) = json.loads(render_sarif([one], "0.1"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "file:///plans/f%C3%BCr%2050%25.plan"
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startColumn"] == 3
    assert related["message"]["text"] == "first used here"
