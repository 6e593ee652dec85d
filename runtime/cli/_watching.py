"""The options by which a run is watched: JSON log, measures, heartbeat, messages."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from tradeplan.runtime.watch.watching import Watching


def watched(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it is given `watching`, made from them and closed at its end."""

    @click.option("--log-json", is_flag=True, help="say everything as one JSON object a line")
    @click.option("--metrics", type=click.IntRange(0, 65_535), help="port of this machine for Prometheus (0: any)")
    @click.option("--heartbeat", is_flag=True, help="tell the address in TRADEPLAN_HEARTBEAT every minute: alive")
    @click.option("--notify", is_flag=True, help="send urgent messages to the apprise addresses in TRADEPLAN_NOTIFY")
    @wraps(command)
    def with_watching(*, log_json: bool, metrics: int | None, heartbeat: bool, notify: bool, **given: Any) -> Any:
        with _opened(log_json, metrics, heartbeat, notify) as watching:
            try:
                return command(watching=watching, **given)
            except click.UsageError as error:
                # what some library said may stand in it, and in what it was made from
                raise click.UsageError(watching.hide(error.message)) from None
            except (click.ClickException, click.exceptions.Exit, click.Abort):
                raise
            except Exception:  # a mistake of this program: its traceback is told, as always, but without secrets
                sys.stderr.write(watching.hide(traceback.format_exc()))
                sys.exit(1)

    return with_watching


@contextmanager
def _opened(log_json: bool, metrics: int | None, heartbeat: bool, notify: bool) -> Iterator[Watching]:
    try:
        watching = Watching(log_json, metrics, heartbeat, notify)
    except ValueError as error:
        raise click.UsageError(str(error)) from error

    def of_thread(failed: threading.ExceptHookArgs) -> None:
        told = traceback.format_exception(failed.exc_type, failed.exc_value, failed.exc_traceback)
        name = "a thread" if failed.thread is None else failed.thread.name
        sys.stderr.write(watching.hide(f"exception in {name}:\n{''.join(told)}"))

    before, threading.excepthook = threading.excepthook, of_thread
    try:
        yield watching
    finally:
        watching.close()
        threading.excepthook = before
