"""What a run says: words for a person, or one JSON object a line for a program; never a secret."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

import structlog
from tradeplan.runtime.live.words import Urgent

Say = Callable[[str], None]


def _unless_gone(say: Say) -> Say:
    """A log that nobody can take any more (a closed pipe, a full disk) does not end the run that it tells of."""

    def tried(text: str) -> None:
        try:
            say(text)
        except (OSError, ValueError):
            return  # ValueError: the stream was closed; the database has what matters

    return tried


def plain_log(hide: Callable[[str], str], stream: TextIO | None = None) -> Say:
    """Lines for a person."""

    def say(text: str) -> None:
        print(hide(text), file=stream or sys.stderr, flush=True)

    return _unless_gone(say)


def json_log(hide: Callable[[str], str], stream: TextIO | None = None) -> Say:
    """One object a line: `event` (the words), `level`, `timestamp`, and `kind` for what a person should be sent."""
    log = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )

    def say(text: str) -> None:
        if isinstance(text, Urgent):
            log.warning(hide(text), kind=text.kind)
        else:
            log.info(hide(text))

    return _unless_gone(say)
