"""In a file or a pipe no figure is cut; a terminal has its own width."""

from __future__ import annotations

import io

import pytest
from rich.table import Table
from tradeplan.runtime.cli._console import open_console


@pytest.mark.parametrize("columns", [None, "40", "80", "300"])
def test_a_wide_table_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str | None
) -> None:
    """Ten columns of nine characters: 9 x 10 and the space between them are more than 80, and more than 40."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    table = Table(*("abcdefghi" for _ in range(10)))
    table.add_row(*("-1,559.27" for _ in range(10)))
    open_console().print(table)
    assert capsys.readouterr().out.count("-1,559.27") == 10


def test_a_terminal_has_its_own_width(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.stdout", Screen())
    assert open_console().width == 80, "what rich takes where a terminal tells nothing"
