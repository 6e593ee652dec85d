"""Texts that no person wrote are refused with one diagnostic, and nothing recurses over them."""

from __future__ import annotations

import pytest
from tradeplan.dsl.format import format_file, same_tree

from tests.dsl.parse.sketch import HEAD, read

DEEP = 10_000

TOO_DEEP = {
    "parentheses": f"LET x = {'(' * DEEP}a{')' * DEEP}",
    "open parentheses": f"LET x = {'(' * DEEP}",
    "calls": f"LET x = {'f(' * DEEP}1{')' * DEEP}",
    "minus signs": f"LET x = {'-' * DEEP}1",
    "sum": f"LET x = 1{' + 1' * DEEP}",
    "product": f"LET x = 1{' * 1' * DEEP}",
    "dots": f"LET x = a{'.a' * DEEP}",
    "bars ago": f"LET x = a{'.b[1]' * DEEP}",
    "not": f"LET x = {'NOT ' * DEEP}a",
    "optional": f"LET x = {'OPTIONAL ' * DEEP}a",
    "held": f"LET x = a{' FOR 2 bars' * DEEP}",
    "within": f"LET x = a{' WITHIN 2 bars' * DEEP}",
    # low at every place, but each group stands inside the next: 33 groups of four operators
    "groups in chains": f"LET x = {'(' * 31}a{' + 1 + 1 + 1 + 1)' * 31}",
}


@pytest.mark.parametrize("body", TOO_DEEP.values(), ids=list(TOO_DEEP))
def test_too_deep(body: str) -> None:
    file, report = read(f"{HEAD}{body}\nONCE")
    assert [d.code for d in report.diagnostics] == ["nested-too-deep"]
    assert file.blocks == ()


@pytest.mark.parametrize(
    "body",
    [
        f"LET x = {'(' * 30}a{')' * 30}",
        f"LET x = 1{' + 1' * 128}",
        f"LET x = {'NOT (a OR b AND f(' * 14}a{')) > 1' * 14}",
        f"LET x = a{' AND a.b + 1' * 2000}",
        f"LET x = f(a{', a.b + 1' * 2000})",
        f"LET x = a[1]{' OR (a[1] - 1 > 2 AND b)' * 2000}",
        "LET x = a + b * c - d\n" * 2000,
    ],
)
def test_long_is_not_deep(body: str) -> None:
    file, report = read(HEAD + body)
    assert report.diagnostics == []
    assert file.blocks
    # passes that recurse over the highest trees that are let through stay within Python's limit
    assert same_tree(read(format_file(file, report.source))[0], file)
    assert repr(file.blocks)


@pytest.mark.parametrize("letter", ["a", " ", "\n", "(", "#", '"', "é", "\x00", "9", "ONCE "])
def test_a_megabyte(letter: str) -> None:
    file, report = read(letter * 1_000_000)
    assert [d.code for d in report.diagnostics] == ["file-too-large"]
    assert file.blocks == ()


def test_size_counts_bytes() -> None:
    # 2 bytes a letter: 131,072 of them and the sign in front are one byte too many
    assert [d.code for d in read("#" + "é" * (128 * 1024))[1].diagnostics] == ["file-too-large"]
    assert read("#" + "é" * (128 * 1024 - 1))[1].diagnostics == []
    assert read(" " * (256 * 1024))[1].diagnostics == []


def test_too_many_words() -> None:
    _, report = read(HEAD + "ONCE\n" * 40_000 + "MAX 3\n" * 10_000)
    # 6 + 40,000 + 20,000 words and the end
    assert [(d.code, d.found) for d in report.diagnostics] == [("too-many-words", "60,007 words")]


@pytest.mark.parametrize(
    "letter", ["(", ")", "[", "a ", "a.", "WHEN ", "PLAN ", "LET x = ", '"', "1 ", ", ", "@", "\x00", "é ", "“"]
)
def test_a_quarter_megabyte_of_nonsense_is_bounded(letter: str) -> None:
    _, report = read((letter * 250_000)[:100_000])
    assert 1 <= len(report.diagnostics) <= 202
