"""The quick reader of profiles says what the TOML library says, or nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tradeplan.runtime.market.facts import SHIPPED, plain_lines, profile_files

_PLAIN = ["1", "0", "100000", "0.5", "0.00001", "true", "false", '"a"', '"a b, c"', '""', '"#"', '["a"]', '["a", "b"]']
_ODD = [
    "01",
    "-1",
    "+1",
    "1_000",
    ".5",
    "5.",
    "1e3",
    "0x1F",
    "inf",
    "True",
    '"a\\n"',
    "'a'",
    '"""a"""',
    '"a',
    '"\u00e9"',
    "[]",
]
_ODD += ['["a","b"]', '["a", 1]', '["a",]', '[["a"]]', "{ a = 1 }", "2018-03-01", ""]
_VALUES = st.one_of(
    st.sampled_from(_PLAIN + _ODD),
    st.text(st.sampled_from('0123456789.-+e_"[],a# \\'), max_size=8),
)
_LINES = st.one_of(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["a", "b", "a_b", "a.b", '"a"', "A"]),
        st.sampled_from([" = ", "=", " =", " == "]),
        _VALUES,
        st.sampled_from(["", " ", "  # why", "\r"]),
    ),
    st.sampled_from(["", " ", "# a comment", "#", "# \u00e9", "# \x07", "[a]", "a"]),
)


@given(st.lists(_LINES, max_size=4).map("\n".join))
def test_what_is_read_quickly_is_what_the_library_reads(text: str) -> None:
    found = plain_lines(text)
    if found is not None:
        expected = tomllib.loads(text)
        assert found == expected
        assert [type(v) for v in found.values()] == [type(v) for v in expected.values()]


@pytest.mark.parametrize("path", profile_files(SHIPPED), ids=lambda path: path.stem)
def test_every_shipped_profile_is_read_quickly(path: Path) -> None:
    head = path.read_text(encoding="utf-8").partition("\n[")[0]
    found = plain_lines(head)
    assert found, "write its first lines plainly, or every check imports tomllib"
    assert found == tomllib.loads(head)
