"""Safe edits are applied whole, once, and never over each other."""

from __future__ import annotations

from tradeplan.dsl.diagnostic import Diagnostic, Edit, Fix, Severity
from tradeplan.dsl.repair import apply_fixes
from tradeplan.dsl.source import Source, Span


def diagnostic(*edits: tuple[int, int, str], safe: bool = True) -> Diagnostic:
    fix = Fix("t", tuple(Edit(Span(a, b), text) for a, b, text in edits), safe)
    return Diagnostic("c", Severity.ERROR, "m", Source("", ""), Span(0, 0), fixes=(fix,))


def test_edits_do_not_move_each_other() -> None:
    assert (
        apply_fixes("abcdef", [diagnostic((4, 6, "X")), diagnostic((0, 1, "")), diagnostic((2, 2, "--"))]) == "b--cdX"
    )


def test_unsafe_edits_are_left() -> None:
    assert apply_fixes("abc", [diagnostic((0, 1, "X"), safe=False)]) == "abc"


def test_the_earlier_of_two_that_overlap_wins() -> None:
    assert apply_fixes("abcdef", [diagnostic((1, 4, "X")), diagnostic((3, 5, "Y"))]) == "aXef"
    assert apply_fixes("abcdef", [diagnostic((1, 4, "X")), diagnostic((2, 2, "Y"))]) == "aXef"
    assert apply_fixes("abcdef", [diagnostic((2, 2, "Y")), diagnostic((1, 4, "X"))]) == "abYcdef"
    assert apply_fixes("ab", [diagnostic((1, 1, "Y")), diagnostic((1, 1, "Y"))]) == "aYb"


def test_neighbours_do_not_overlap() -> None:
    assert apply_fixes("abcd", [diagnostic((0, 2, "X")), diagnostic((2, 4, "Y"))]) == "XY"
    assert apply_fixes("abcd", [diagnostic((2, 4, "Y")), diagnostic((2, 2, "-"))]) == "ab-Y"


def test_a_fix_is_whole_or_not_at_all() -> None:
    both = diagnostic((0, 1, "("), (3, 4, ")"))
    assert apply_fixes("abcd", [diagnostic((3, 4, "X")), both]) == "abcX"


def test_edits_outside_the_text_are_ignored() -> None:
    assert apply_fixes("abc", [diagnostic((2, 9, "X"))]) == "abc"
