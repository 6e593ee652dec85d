"""`plan service systemd|windows -- run ...`: prints the file by which the system keeps a `plan run` going."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
from tradeplan.runtime.watch.service import systemd_unit, windows_task

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@click.command()
@click.argument("system", type=click.Choice(["systemd", "windows"]))
@click.argument("words", nargs=-1, required=True, metavar="-- run DIR --db FILE ...")
@click.option("--name", default="tradeplan", show_default=True, help="of the service, and of its file")
@click.option("--folder", type=click.Path(path_type=Path), help="where it runs; else this folder")
def command(system: str, words: tuple[str, ...], name: str, folder: Path | None) -> None:
    """Print a service file for a `plan run` with the words after `--`; its first lines say where it belongs.

    It holds no secret: these come from the environment or the keyring.
    """
    if words[0] != "run":
        raise click.UsageError(f"`{words[0]}` is no service: expected `-- run DIR --db FILE ...`")
    if not _NAME.fullmatch(name):
        raise click.UsageError(f"`{name}` is no name for a service: expected letters, digits, `-`, `_` or `.`")
    if not any(word == "--db" or word.startswith("--db=") for word in words):
        raise click.UsageError("a service needs --db FILE: by it a restart goes on where the run was")
    place = (folder or Path.cwd()).resolve()
    if system == "systemd":
        click.echo(systemd_unit([sys.executable, "-m", "tradeplan.runtime.cli", *words], place, name), nl=False)
    else:
        click.echo(windows_task([sys.executable, "-m", "tradeplan.runtime.cli", *words], place, name), nl=False)
