"""plan check: which texts it reads, what it repairs, how it answers."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tradeplan.runtime.cli.check import command

from tests.runtime.cli.running import BROKEN, GOOD, REPAIRABLE

BOM = b"\xef\xbb\xbf"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*words: str, given: bytes = b"") -> Result:
    result = CliRunner().invoke(command, list(words), input=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_folder_is_every_plan_below_it(folder: Path) -> None:
    (folder / "x" / "y").mkdir(parents=True)
    for place in ("a.plan", "x/b.plan", "x/y/c.plan", "x/notes.txt"):
        (folder / place).write_text(GOOD.replace("good", Path(place).stem), encoding="utf-8")
    result = check("--format", "json", ".")
    assert (result.exit_code, json.loads(result.stdout)["plans"]) == (0, ["a", "b", "c"])


def test_a_file_named_twice_is_read_once_and_a_name_used_twice_is_an_error(folder: Path) -> None:
    (folder / "a.plan").write_text(GOOD, encoding="utf-8")
    assert check("a.plan", "a.plan", ".", str(folder / "a.plan")).exit_code == 0
    (folder / "b.plan").write_text(GOOD, encoding="utf-8")
    both = check(".")
    assert both.exit_code == 1
    assert "duplicate-block" in both.stdout


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("utf16.plan", GOOD.encode("utf-16"), "UTF-16"),
        ("latin.plan", "# f\u00fcr\n".encode("latin-1"), "line 1 holds the byte 0xfc"),
        ("zero.plan", b"PLAN p\n\0\0\0", "line 2 holds a zero byte"),
    ],
)
def test_what_is_no_utf8_text_is_unreadable(folder: Path, name: str, data: bytes, words: str) -> None:
    (folder / name).write_bytes(data)
    result = check(name)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "save it as UTF-8" in result.stderr


def test_every_unreadable_path_is_named_at_once(folder: Path) -> None:
    (folder / "good.plan").write_text(GOOD, encoding="utf-8")
    (folder / "empty").mkdir()
    (folder / "bad.plan").write_bytes(b"\xff")
    result = check("missing.plan", "empty", "bad.plan", "good.plan", "")
    assert result.exit_code == 2
    for words in ("`missing.plan`", "`empty` holds no", "`bad.plan` is not", "`` is no path"):
        assert words in result.stderr


def test_a_folder_named_like_a_plan(folder: Path) -> None:
    (folder / "x.plan").mkdir()
    result = check("x.plan")
    assert result.exit_code == 2
    assert "the folder `x.plan` holds no `*.plan` file" in result.stderr
    (folder / "x.plan" / "a.plan").write_text(GOOD, encoding="utf-8")
    assert check(".").exit_code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "x.plan")
    result = check("x.plan")
    assert result.exit_code == 2
    assert "no file with a text" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_links(folder: Path) -> None:
    (folder / "self.plan").symlink_to("self.plan")
    assert check("self.plan").exit_code == 2
    (folder / "self.plan").unlink()
    (folder / "nowhere.plan").symlink_to("gone.plan")
    nowhere = check(".")
    assert nowhere.exit_code == 2
    assert "link to a file that does not exist" in nowhere.stderr
    (folder / "nowhere.plan").unlink()
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    (folder / "a.plan").write_text(GOOD, encoding="utf-8")
    assert check(".").exit_code == 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the rights of files do not bind this user")
def test_a_file_without_rights(folder: Path) -> None:
    (folder / "a.plan").write_text(GOOD, encoding="utf-8")
    (folder / "a.plan").chmod(0)
    result = check("a.plan")
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_a_file_that_the_system_refuses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.plan").write_text(GOOD, encoding="utf-8")

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    result = check("a.plan")
    assert result.exit_code == 2
    assert "`a.plan` cannot be read: Permission denied" in result.stderr


def test_a_text_without_a_plan_is_named(folder: Path) -> None:
    (folder / "a.plan").write_text("# later\n", encoding="utf-8")
    result = check("a.plan")
    assert (result.exit_code, "warning[no-plan]" in result.stdout) == (0, True)
    # an answer that was sent to be checked has to hold a plan
    answer = check("-", given=b"Sorry, I cannot help with that.\n```\nls\n```\n")
    assert (answer.exit_code, "error[no-plan]" in answer.stdout) == (1, True)
    assert check("-", given=b"").exit_code == 1


def test_places_in_a_chat_answer_are_places_in_the_answer() -> None:
    answer = f"Two plans:\n\n```plan\n{GOOD}```\nand\n```\n{BROKEN}```\n"
    result = check("--format", "json", "-", given=answer.encode())
    told = json.loads(result.stdout)
    # the first fence stands on line 3, its text has 4 lines, `and` and two fences follow: 3 + 4 + 3 + 4 = 14
    assert [(d["code"], d["span"]["line"]) for d in told["diagnostics"]] == [("unknown-name", 14)]
    assert (result.exit_code, told["plans"]) == (1, ["good"])


def test_fix_writes_only_what_changed(folder: Path) -> None:
    for name, text in (("a", GOOD), ("b", REPAIRABLE), ("c", BROKEN)):
        (folder / f"{name}.plan").write_text(text, encoding="utf-8")
        os.utime(folder / f"{name}.plan", (1, 1))
    result = check("--fix", ".")
    assert result.exit_code == 1
    assert result.stderr.strip() == "3 files, 2 good plans, 1 error, 0 warnings, 1 file repaired"
    assert (folder / "b.plan").read_text(encoding="utf-8") == REPAIRABLE.replace("then", "THEN")
    assert [(folder / f"{n}.plan").stat().st_mtime == 1 for n in "abc"] == [True, False, True]
    assert len(list(folder.iterdir())) == 3


def test_fix_keeps_line_ends_the_byte_order_mark_the_rights_and_the_link(folder: Path) -> None:
    written = BOM + REPAIRABLE.replace("\n", "\r\n").encode()
    (folder / "real.txt").write_bytes(written)
    (folder / "real.txt").chmod(0o640)
    plan = folder / "a.plan"
    if os.name == "posix":
        plan.symlink_to("real.txt")
    else:
        plan.write_bytes(written)
    assert check("--fix", "a.plan").exit_code == 0
    assert plan.read_bytes() == written.replace(b"then", b"THEN")
    if os.name == "posix":
        assert plan.is_symlink()
        assert stat.S_IMODE((folder / "real.txt").stat().st_mode) == 0o640


def test_fix_of_standard_input_prints_the_repaired_text_alone(folder: Path) -> None:
    result = check("--fix", "-", given=REPAIRABLE.encode())
    assert (result.exit_code, result.stdout) == (0, REPAIRABLE.replace("then", "THEN"))
    answer = check("--fix", "-", given=f"Here:\n\n```plan\n{REPAIRABLE}```\nGood luck!\n".encode())
    assert answer.stdout == REPAIRABLE.replace("then", "THEN")


def test_fix_that_cannot_be_written_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.plan").write_text(REPAIRABLE, encoding="utf-8")

    def refuse(self: Path, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    result = check("--fix", "a.plan")
    assert result.exit_code == 2
    assert "No space left on device; nothing was changed" in result.stderr
    assert [p.name for p in folder.iterdir()] == ["a.plan"]
    assert (folder / "a.plan").read_text(encoding="utf-8") == REPAIRABLE


def test_quiet_says_nothing_when_all_is_well(folder: Path) -> None:
    (folder / "a.plan").write_text(GOOD, encoding="utf-8")
    result = check("-q", "a.plan")
    assert (result.stdout, result.stderr) == ("", "")
    (folder / "a.plan").write_text(BROKEN, encoding="utf-8")
    assert check("--quiet", "a.plan").stderr == ""


def test_json_has_the_shape_that_programs_rely_on(folder: Path) -> None:
    (folder / "a.plan").write_text(REPAIRABLE + BROKEN, encoding="utf-8")
    told = json.loads(check("--format", "json", "a.plan").stdout)
    assert set(told) == {"schema_version", "ok", "plans", "diagnostics"}
    assert (told["schema_version"], told["ok"]) == (1, False)
    for one in told["diagnostics"]:
        assert set(one) == {
            *("code", "severity", "message", "file", "span", "found", "expected", "help", "fixes", "related")
        }
        assert one["severity"] in {"error", "warning"}
        assert one["file"] == "a.plan"
        for span in (one["span"], *(e["span"] for f in one["fixes"] for e in f["edits"])):
            assert set(span) == {"line", "column", "end_line", "end_column", "byte_start", "byte_end"}
            assert 0 <= span["byte_start"] <= span["byte_end"]
    (fix,) = told["diagnostics"][0]["fixes"]
    assert (fix["applicability"], fix["edits"][0]["replacement"]) == ("safe", "THEN")
    assert told["diagnostics"][0]["span"]["line"] == 4
    assert json.loads(check("--format", "json", "-", given=GOOD.encode()).stdout)["diagnostics"] == []


def test_sarif_is_a_log_that_scanners_take(folder: Path) -> None:
    (folder / "a b.plan").write_text(REPAIRABLE + BROKEN, encoding="utf-8")
    log = json.loads(check("--format", "sarif", "a b.plan").stdout)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["tool"]["driver"]["name"] == "plan check"
    assert {r["ruleId"] for r in run["results"]} == set(rules) == {"keyword-case", "unknown-name"}
    for result in run["results"]:
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        # SARIF wants a URI: a blank in it is %20
        assert place["artifactLocation"]["uri"] == "a%20b.plan"
        assert place["region"]["startLine"] >= 1
        assert place["region"]["startColumn"] >= 1
    empty = json.loads(check("--format", "sarif", "-", given=GOOD.encode()).stdout)
    assert empty["runs"][0]["results"] == []


def test_github_has_one_command_a_line(folder: Path) -> None:
    (folder / "a.plan").write_text(REPAIRABLE + BROKEN, encoding="utf-8")
    lines = check("--format", "github", "a.plan").stdout.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error"]
    assert lines[0].startswith("::error file=a.plan,line=4,endLine=4,col=19,endColumn=23,title=keyword-case::")


def test_data_that_is_not_there(folder: Path) -> None:
    (folder / "a.plan").write_text(GOOD, encoding="utf-8")
    result = check("--data", "nowhere", "a.plan")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_a_file_that_cannot_be_read_hides_no_mistake_of_the_others(folder: Path) -> None:
    (folder / "a.plan").write_bytes(b"PLAN a\xff")
    (folder / "b.plan").write_text(BROKEN, encoding="utf-8")
    result = check("--format", "json", ".")
    assert result.exit_code == 2
    assert "`a.plan` is not UTF-8 text" in result.stderr
    assert json.loads(result.stdout)["diagnostics"], "b.plan has mistakes"
