"""`plan db ...`: brings the database of a run up to date and back, copies, restores and looks it over."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click
from tradeplan.runtime.cli._control import confirm, yes_option
from tradeplan.runtime.cli._restore_text import after_lines, loss_lines
from tradeplan.runtime.store.backup import backup
from tradeplan.runtime.store.checks import verify
from tradeplan.runtime.store.errors import StoreError
from tradeplan.runtime.store.restore import restore, weigh
from tradeplan.runtime.store.schema import purpose
from tradeplan.runtime.store.upgrade import Change, rollback_file, upgrade_file

_DB = click.option(
    "--db", "database", type=click.Path(path_type=Path), required=True, help="the file of `plan run --db`"
)


@click.group()
def command() -> None:
    """Look after the database of a run: its schema, its copies, its health."""


@command.command("migrate")
@_DB
def migrate_(database: Path) -> None:
    """Bring the schema up to date; a copy of the old database is kept beside it.

    The work is done on a copy, which is checked before it takes the place of the old file. Stop `plan run` first.
    """
    try:
        done = upgrade_file(database)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    if not done.names:
        click.echo(f"`{database}` is up to date: nothing was changed")
        return
    for name in done.names:
        click.echo(f"{name}: {purpose(name)}")
    click.echo(f"{_rows(done)}; the old database is `{done.kept}`")
    click.echo("start `plan run` with the same command as before")


@command.command("rollback")
@_DB
@click.option("--to", "to", metavar="NAME", help="undo all migrations after this one; else only the newest")
def rollback_(database: Path, to: str | None) -> None:
    """Undo the newest migration, so that an older tradeplan can use the file; a copy is kept beside it.

    Tables that only the newer one knows are dropped with what they hold: the copy has it. Stop `plan run` first.
    """
    try:
        done = rollback_file(database, to)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    if not done.names:
        click.echo(f"`{database}` is at `{to}` already: nothing was changed")
        return
    for name in done.names:
        click.echo(f"undone: {name}: {purpose(name)}")
    lost = {t: n for t, n in done.before.items() if t not in done.after and n}
    if lost:
        click.echo(f"dropped: {', '.join(f'{t} ({n} rows)' for t, n in sorted(lost.items()))}")
    click.echo(f"{_rows(done)}; the database as it was is `{done.kept}`")
    click.echo("now install the older tradeplan: this one asks for `plan db migrate` again")


@command.command("backup")
@_DB
@click.option("--to", help="a file that is not there yet, or a folder (one that is not there yet ends with `/`)")
def backup_(database: Path, to: str | None) -> None:
    """Copy the database, also while `plan run` uses it; the copy is checked before it has its name."""
    try:
        if to is not None and to.endswith(("/", os.sep)):
            # as a Path it would be a file of that name, and the copy of the next day would be refused
            Path(to).mkdir(parents=True, exist_ok=True)
        made = backup(database, None if to is None else Path(to))
    except OSError as error:
        raise click.UsageError(f"--to: `{to}` cannot be made: {error}") from error
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"`{made}` is a whole copy, {made.stat().st_size / 1e6:.1f} MB")


@command.command("restore")
@_DB
@click.option(
    "--from", "copy", type=click.Path(path_type=Path), required=True, help="a file that `plan db backup` made"
)
@yes_option
def restore_(database: Path, copy: Path, yes: bool) -> None:
    """Put a copy in the place of the database, and say what it does not know. Stop `plan run` first.

    The copy is checked before; the files that it replaces are kept beside it under another name.
    """
    try:
        loss = weigh(copy, database)
        for line in loss_lines(loss, copy, database):
            click.echo(line)
        confirm(f"put `{copy}` in the place of `{database}`?", yes)
        done = restore(copy, database)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    for line in after_lines(loss, done):
        click.echo(line)


@command.command("verify")
@_DB
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
def verify_(database: Path, as_json: bool) -> None:
    """Look whether the database is whole; ends with 1 when it is not. A run may use it meanwhile."""
    try:
        found = verify(database)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(json.dumps(asdict(found)))
        sys.exit(1 if found.problems else 0)
    for name, count in found.rows.items():
        click.echo(f"{count:>10} {name}")
    click.echo(f"schema {found.applied[-1] if found.applied else 'none'}, {found.bytes / 1e6:.1f} MB")
    if found.pending:
        click.echo(f"older than this tradeplan: `plan db migrate --db {database}` brings it up to date")
    if not found.problems:
        click.echo("whole: pages, references and schema are as they should be")
        return
    for problem in found.problems:
        click.echo(f"damaged: {problem}", err=True)
    click.echo(
        f"stop `plan run`, then put the newest copy in its place: `plan db restore --db {database} --from COPY`; it"
        " keeps this file and says what the copy does not know",
        err=True,
    )
    sys.exit(1)


def _rows(done: Change) -> str:
    kept = sum(n for t, n in done.after.items() if t in done.before)
    return f"{kept} rows in {len(done.before.keys() & done.after.keys())} tables kept, checked"
