"""Finds the chosen command's file, imports it alone, and runs it."""

from __future__ import annotations

import ast
import gc
import importlib
import sys
from pathlib import Path

_FOLDER = Path(__file__).parent
# `-m` is what Python calls the program while it still looks for the module that it was told to run
_IS_THE_PROGRAM = Path(sys.argv[0]).stem in ("plan", "plan-script", "__main__", "-m")
if _IS_THE_PROGRAM:
    # nothing that imports make is garbage, and looking for it takes a tenth of the time until a command begins
    gc.disable()
_HELP_OPTIONS = {"--help", "-h"}

# `plan check` must answer within a tenth of a second, and rich-click takes 40 ms to import: only help pays for it.
# The patch changes click for the whole process, so a program that merely imports this file is left alone.
if _IS_THE_PROGRAM and (len(sys.argv) == 1 or _HELP_OPTIONS & set(sys.argv)):
    from rich_click.patch import patch

    patch()

# after the patch, so that help is the styled one
import click  # noqa: E402
from tradeplan.runtime.cli._terminal import prepare_streams, run  # noqa: E402


def _overview() -> bool:
    """Whether only the list of commands is wanted: their first lines tell all, nothing has to be imported."""
    return len(sys.argv) == 1 or sys.argv[1] in _HELP_OPTIONS


def _summary(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n", 1)[0]


def command_files() -> dict[str, Path]:
    """Every command by its name: the files beside this one whose first line begins with the command, `plan NAME`."""
    found: dict[str, Path] = {}
    for path in sorted(_FOLDER.glob("*.py")):
        if path.name not in ("main.py", "__main__.py") and not path.name.startswith("_"):
            found[path.stem.replace("_", "-")] = path
    return found


class _LazyCommands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(command_files())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        files = command_files()
        if cmd_name not in files:
            return None
        if _overview():
            return click.Command(cmd_name, help=_summary(files[cmd_name]).split(": ", 1)[-1])
        module = importlib.import_module(f"tradeplan.runtime.cli.{cmd_name.replace('-', '_')}")
        if _IS_THE_PROGRAM:
            gc.freeze()  # else the first search would go through all that was imported
        gc.enable()
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in command_files():
            from tradeplan.dsl.suggest import nearest

            near = nearest(name, tuple(command_files()))
            hint = f"did you mean `plan {near[0]}`?" if near else "`plan --help` lists the commands"
            ctx.fail(f"there is no command `{name}`; {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tradeplan", prog_name="plan", message="plan %(version)s")
def _group() -> None:
    """Write trade plans, check them, test them on the past and run them."""


def main() -> None:
    """The entry point of the command `plan`."""
    prepare_streams()
    code = run(_group)
    if _IS_THE_PROGRAM:
        gc.freeze()  # the interpreter searches once more before it ends, when nothing is left to be found
    sys.exit(code)
