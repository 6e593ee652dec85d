"""What the commands know of the terminal: whether to paint, and how to end when nobody reads on."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click
from tradeplan.runtime.market.errors import ProfileError

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of the signal, as shells expect it."""


def wants_color(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that shows colours and its owner wants them (https://no-color.org)."""
    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:  # the stream was closed
        return False


def prepare_streams() -> None:
    """Speak UTF-8, which a Windows console does not by default; a character it cannot show never ends a command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def run(group: click.Group) -> int:
    """Run a command line and give its exit code; a mistake in it is told, Ctrl-C and a closed pipe end it quietly."""
    try:
        returned = group.main(standalone_mode=False)
        code = returned if isinstance(returned, int) else 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except ProfileError as error:
        click.echo(f"Error: {error}", err=True)
        code = 2
    except click.Abort as abort:
        code = INTERRUPTED if isinstance(abort.__cause__ or abort.__context__, KeyboardInterrupt) else 1
        if code == 1:
            click.echo("\nError: the answers ended early; give them as options, `-h` lists them", err=True)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 0 if done.code is None else 1
    return code if _flushed() else code or 1


def _flushed() -> bool:
    """Write out what is still held back; a reader that has gone away (`plan check | head`) is no news to report."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            # INVARIANT: from here on nothing is written, and the interpreter's own flush at exit must not complain
            sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - lives as long as the process
            return False
    return True
