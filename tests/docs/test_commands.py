"""The documents name the commands, files and codes that there are, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from tradeplan.runtime.cli.check import command as check
from tradeplan.runtime.cli.fmt import command as fmt
from tradeplan.runtime.cli.main import command_files
from tradeplan.runtime.market.verify import CODES

from tests.docs.blocks import ROOT, documents

README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = ROOT / "docs" / "guide"
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def test_the_table_of_the_readme_lists_exactly_the_commands() -> None:
    listed = set(re.findall(r"^\| `plan ([a-z0-9-]+)", README, re.MULTILINE))
    assert listed == set(command_files())


@pytest.mark.parametrize("path", documents(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = [m[1] for m in _LINK.finditer(path.read_text(encoding="utf-8")) if "://" not in m[1]]
    assert [t for t in targets if not (path.parent / t).exists()] == []


@pytest.mark.parametrize("path", documents(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_that_documents_name_exist(path: Path) -> None:
    shown = re.findall(
        r"(?:^|`|bin/|\$ )plan ([a-z][a-z0-9]*(?:-[a-z]+)*)\b", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [name for name in shown if name not in command_files()] == []


def test_the_page_about_data_explains_every_finding_and_no_other() -> None:
    text = (GUIDE / "data.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)) == set(CODES)


def _options(entry: str) -> tuple[click.Command, list[str]]:
    words = entry.split()
    assert words[0] == "plan"
    return {"check": check, "fmt": fmt}[words[1]], words[2:]


def _hooks() -> list[dict[str, str]]:
    """The hooks, read line by line: the file is a flat list of `key: value`, and no YAML library is needed for that."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    hooks: list[dict[str, str]] = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("- "):
            hooks.append({})
        key, _, value = line[2:].partition(": ")
        hooks[-1][key] = value
    return hooks


def test_hooks_call_commands_that_exist() -> None:
    hooks = _hooks()
    assert [(h["id"], h["language"]) for h in hooks] == [("plan-check", "python"), ("plan-fmt", "python")]
    for hook in hooks:
        command, options = _options(hook["entry"])
        known = {name for p in command.params for name in p.opts}
        assert set(options) <= known
        assert re.search(hook["files"], "plans/first.plan")
        assert not re.search(hook["files"], "plans/first.planet")


def test_the_workflow_calls_commands_with_options_that_exist() -> None:
    workflow = (GUIDE / "examples" / "github-workflow.yml").read_text(encoding="utf-8")
    calls = re.findall(r"^ +- run: (plan .*)$", workflow, re.MULTILINE)
    assert len(calls) == 2
    for call in calls:
        command, words = _options(call)
        # click itself says whether it would take these words
        command.make_context("plan", words)
