"""Words that a running instance and its commands share."""

from __future__ import annotations

from datetime import UTC, datetime


def time_text(at: int) -> str:
    """UTC milliseconds as a person reads them."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
