"""The walls of the house: packages, imports, file sizes, first lines."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAPPED = ("grammar", "dsl", "stdlib", "runtime", "plans")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _python_files() -> list[Path]:
    return sorted(p for folder in MAPPED for p in (ROOT / folder).rglob("*.py") if "__pycache__" not in p.parts)


def test_every_folder_with_python_is_a_declared_package() -> None:
    declared = set(PYPROJECT["tool"]["setuptools"]["packages"])
    in_tree = {
        "tradeplan." + ".".join(p.parent.relative_to(ROOT).parts) for p in _python_files() if p.name == "__init__.py"
    }
    assert in_tree == declared


def test_every_folder_of_the_tree_that_holds_python_has_an_init() -> None:
    missing = {p.parent for p in _python_files() if not (p.parent / "__init__.py").exists()}
    assert missing == set()


@pytest.mark.parametrize("path", _python_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_file_says_its_job_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400, "split the file: 400 lines is the limit"
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "the first line of a file tells its job"


def test_no_type_checking_imports_and_no_local_imports_below_the_runtime() -> None:
    offenders = []
    for path in _python_files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        below_runtime = path.relative_to(ROOT).parts[0] != "runtime"
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
                offenders.append(f"{path.relative_to(ROOT)}: TYPE_CHECKING")
            if below_runtime and isinstance(node, ast.FunctionDef):
                offenders += [
                    f"{path.relative_to(ROOT)}:{inner.lineno}: import inside `{node.name}`"
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.Import | ast.ImportFrom)
                ]
    assert offenders == []


def test_numba_is_imported_by_the_kernels_only() -> None:
    offenders = []
    for path in _python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            if any(n.split(".")[0] in ("numba", "llvmlite") for n in names) and "kernels" not in path.parts:
                offenders.append(str(path.relative_to(ROOT)))
    assert offenders == []


def test_import_contracts_hold() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    if not lint_imports.exists() and not lint_imports.with_suffix(".exe").exists():
        pytest.skip("import-linter is not installed: install the `test` extra")
    # the editable install works through an import hook that static tools cannot see: they are given links
    subprocess.run([sys.executable, str(ROOT / "tools" / "link_typing.py")], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build" / "typing")}
    done = subprocess.run(
        [str(lint_imports), "--no-cache"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_top_level_names_of_the_folders_are_not_imported() -> None:
    code = (
        "import sys, tradeplan.dsl.pipeline, tradeplan.stdlib.registry\n"
        "print(sorted({'dsl', 'runtime', 'stdlib', 'grammar'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
