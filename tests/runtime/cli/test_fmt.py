"""plan fmt: what it writes, what it leaves alone, how it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tradeplan.dsl.format import FormatRefusedError
from tradeplan.runtime.cli import fmt

from tests.runtime.cli.running import BROKEN, GOOD

LOOSE = GOOD.replace("\n\nWHEN", "\nWHEN")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, given: bytes = b"") -> Result:
    result = CliRunner().invoke(fmt.command, list(words), input=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_only_what_changes_is_written(folder: Path) -> None:
    for name, text in (("a", LOOSE), ("b", GOOD)):
        (folder / f"{name}.plan").write_text(text, encoding="utf-8")
        os.utime(folder / f"{name}.plan", (1, 1))
    result = run(".")
    assert (result.exit_code, result.stderr) == (0, "a.plan: formatted\n")
    assert (folder / "a.plan").read_text(encoding="utf-8") == GOOD
    assert (folder / "b.plan").stat().st_mtime == 1


def test_check_and_diff_write_nothing(folder: Path) -> None:
    (folder / "a.plan").write_text(LOOSE, encoding="utf-8")
    check = run("--check", "a.plan")
    assert (check.exit_code, check.stdout) == (1, "")
    assert "`plan fmt a.plan` writes it" in check.stderr
    diff = run("--diff", "a.plan")
    assert diff.exit_code == 1
    assert [line for line in diff.stdout.splitlines() if line[:1] == "+"] == ["+++ a.plan (formatted)", "+"]
    assert (folder / "a.plan").read_text(encoding="utf-8") == LOOSE


def test_a_checkout_with_windows_line_ends_is_in_the_layout(folder: Path) -> None:
    (folder / "a.plan").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert run("--check", "a.plan").exit_code == 0
    (folder / "a.plan").write_bytes(b"\xef\xbb\xbf" + LOOSE.replace("\n", "\r\n").encode())
    assert run("a.plan").exit_code == 0
    assert (folder / "a.plan").read_bytes() == b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()


def test_a_file_with_mistakes_is_left_alone_and_the_others_are_not(folder: Path) -> None:
    broken = BROKEN.replace("THEN", "TEHN")
    (folder / "a.plan").write_text(broken, encoding="utf-8")
    (folder / "b.plan").write_text(LOOSE, encoding="utf-8")
    result = run(".")
    assert result.exit_code == 1
    assert "a.plan: left as it is: mend the errors first" in result.stderr
    assert (folder / "a.plan").read_text(encoding="utf-8") == broken
    assert (folder / "b.plan").read_text(encoding="utf-8") == GOOD


def test_a_layout_that_would_change_the_meaning_is_told_and_not_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise FormatRefusedError("`a.plan` was left as it is: laid out anew it would read differently")

    monkeypatch.setattr(fmt, "format_file", refuse)
    (folder / "a.plan").write_text(LOOSE, encoding="utf-8")
    result = run("a.plan")
    assert result.exit_code == 1
    assert "would read differently" in result.stderr
    assert "please report it" in result.stderr
    assert (folder / "a.plan").read_text(encoding="utf-8") == LOOSE


def test_standard_input(folder: Path) -> None:
    assert run("-", given=LOOSE.encode()).stdout == GOOD
    assert run("-", given=f"Here:\n```plan\n{LOOSE}```\n".encode()).stdout == GOOD
    assert run("--check", "-", given=LOOSE.encode()).exit_code == 1
    assert run("-", given=b"").stdout == ""
