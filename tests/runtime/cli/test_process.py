"""What only a whole process shows: what it imports, how it ends, what it does with its streams."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runtime.cli.running import BROKEN, GOOD, plan

_HEAVY = {"numpy", "numba", "pandas", "pydantic", "lark", "rich", "rich_click", "importlib.metadata", "tempfile"}
_ASK = """
import sys
sys.argv = ["plan", *sys.argv[1:]]
from tradeplan.runtime.cli import main
try:
    main()
except SystemExit as done:
    print(done.code, *sorted(sys.modules), sep="\\n")
"""
posix = pytest.mark.skipif(os.name != "posix", reason="signals and file descriptors as POSIX has them")


@pytest.mark.parametrize(
    "words",
    [
        ["check", "a.plan"],
        ["check", "--format", "json", "a.plan"],
        ["fmt", "--check", "a.plan"],
        ["explain", "a.plan"],
    ],
)
def test_nothing_heavy_is_imported(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.plan").write_text(GOOD, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _ASK, *words], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    shown = done.stdout.splitlines()
    modules = set(shown[shown.index("0") + 1 :])
    assert "tradeplan.dsl.parse.parser" in modules, "the list of modules was not read"
    assert not modules & _HEAVY


@posix
def test_a_reader_that_goes_away_is_no_news(tmp_path: Path) -> None:
    # more than a pipe holds (64 KiB), so that writing really fails
    (tmp_path / "a.plan").write_text("".join(BROKEN.replace("broken", f"p{i}") for i in range(400)), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "tradeplan.runtime.cli", "check", "a.plan"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    first = process.stdout.readline()
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), first[:7]) == (1, b"a.plan:")
    assert b"Traceback" not in complaint
    assert b"BrokenPipe" not in complaint


@posix
def test_control_c_is_quiet(tmp_path: Path) -> None:
    # a job in the background inherits an ignored SIGINT; the terminal that this test plays does not
    terminal = "import signal, tradeplan.runtime.cli as c; signal.signal(2, signal.default_int_handler); c.main()"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", terminal, "new", "a.plan"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    # the first question is printed when the command waits for its answer
    while b"Market" not in process.stdout.read1():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complaint.strip() == b""
    assert list(tmp_path.iterdir()) == []


def test_answers_that_end_early_are_the_defaults(tmp_path: Path) -> None:
    done = plan("new", "a.plan", folder=tmp_path, given=b"gold\n")
    assert done.returncode == 0
    assert "TRADE gold ON M15" in (tmp_path / "a.plan").read_text(encoding="utf-8")


@posix
def test_closed_streams(tmp_path: Path) -> None:
    (tmp_path / "a.plan").write_text(BROKEN, encoding="utf-8")

    def shell(line: str) -> subprocess.CompletedProcess[bytes]:
        command = f'"{sys.executable}" -m tradeplan.runtime.cli {line}'
        return subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, timeout=60, check=False)

    no_input = shell("check - <&-")
    assert no_input.returncode == 2
    assert b"standard input is closed" in no_input.stderr
    no_output = shell("check a.plan >&-")
    assert (no_output.returncode, no_output.stdout) == (1, b"")
    assert b"Traceback" not in no_output.stderr
    nothing = shell("check a.plan >&- 2>&-")
    assert nothing.returncode == 1


@posix
def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "a.plan").write_text(BROKEN, encoding="utf-8")

    def at_a_terminal(**environment: str) -> bytes:
        ours, theirs = pty.openpty()
        words = [sys.executable, "-m", "tradeplan.runtime.cli", "check", "-q", "a.plan"]
        base = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "TERM"}}
        with subprocess.Popen(
            words, cwd=tmp_path, stdout=theirs, stderr=subprocess.DEVNULL, env={**base, "TERM": "xterm", **environment}
        ) as process:
            process.wait(60)
        os.close(theirs)
        shown = os.read(ours, 65536)
        os.close(ours)
        return shown

    assert b"\x1b[31m" in at_a_terminal()
    assert b"\x1b" not in at_a_terminal(NO_COLOR="1")
    assert b"\x1b" not in at_a_terminal(TERM="dumb")
    assert b"\x1b" not in plan("check", "a.plan", folder=tmp_path).stdout


def test_a_terminal_that_knows_no_unicode_gets_all_of_it_anyway(tmp_path: Path) -> None:
    (tmp_path / "a.plan").write_text(BROKEN.replace("30", "ü"), encoding="utf-8")
    done = plan("check", "a.plan", folder=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert "ü" in done.stdout.decode("utf-8")


@pytest.mark.smoke
def test_a_good_and_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "a.plan").write_text(GOOD, encoding="utf-8")
    good = plan("check", "a.plan", folder=tmp_path)
    assert (good.returncode, good.stdout) == (0, b"")
    assert good.stderr.decode().strip() == "1 file, 1 good plan, 0 errors, 0 warnings"
    (tmp_path / "a.plan").write_text(BROKEN, encoding="utf-8")
    assert plan("check", "a.plan", folder=tmp_path).returncode == 1
    assert plan("check", "b.plan", folder=tmp_path).returncode == 2
    assert plan("check", "--nonsense", "a.plan", folder=tmp_path).returncode == 2
    assert plan("chekc", "a.plan", folder=tmp_path).returncode == 2
    nothing_named = plan("check", folder=tmp_path)
    assert nothing_named.returncode == 2
    assert b"name what to read" in nothing_named.stderr
