"""Sections about what the account and guards said, and which exits spoke: margin calls, broken limits, exits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tradeplan.runtime.report.html import figure, section, table, text

Values = Mapping[str, Any]
_MOST = 50
"""So many margin calls are listed one by one; the page's JSON has them all."""


def told_section(result: Values) -> str:
    """Nothing where nothing was said."""
    body = _margin_calls(result) + _limits(result["broken_limits"]) + _exits(result["spoken"])
    return section("told", "Margin, limits and exits", body)


def _margin_calls(result: Values) -> str:
    calls = result["margin_calls"]
    if not calls:
        return ""
    rows = [
        (
            _minute(call["time"]),
            figure(call["equity"], "money", f"result/margin_calls/{i}/equity"),
            figure(call["margin"], "money", f"result/margin_calls/{i}/margin"),
        )
        for i, call in enumerate(calls[:_MOST])
    ]
    note = f"The first {_MOST} of {len(calls)}." if len(calls) > _MOST else ""
    head = ("Time, UTC", f"Equity, {text(result['currency'])}", "Margin in use")
    return table("Margin calls", head, rows, note=note)


def _limits(broken: Sequence[Values]) -> str:
    grouped: dict[tuple[str, str, str], list[Values]] = {}
    for row in broken:
        grouped.setdefault((row["guard"], row["limit"], row["plan"]), []).append(row)
    if not grouped:
        return ""
    rows = []
    for (guard, limit, plan), found in grouped.items():
        known = [row["value"] for row in found if row["value"] is not None]
        least = "margin_level" in limit
        worst = (min(known) if least else max(known)) if known else None
        rows.append(
            (
                text(guard),
                f"<code>{text(limit)}</code>",
                text(plan),
                _minute(found[0]["time"]),
                figure(len(found), "count"),
                figure(worst, "percent", why="the reading was UNKNOWN"),
            )
        )
    head = ("Guard", "Limit", "Plan", "First, UTC", "Refused", "Worst reading")
    return table("Limits that refused an entry or ADD", head, rows, words=4)


def _exits(spoken: Sequence[Values]) -> str:
    counted: dict[tuple[str, str, str, str], list[float]] = {}
    for row in spoken:
        if row["about"] == "close" and row["outcome"] == "sent" and row["strength"] is not None:
            key = (row["plan"], row["kind"], row["timeframe"], row["rank"])
            counted.setdefault(key, []).append(row["strength"])
    if not counted:
        return ""
    rows = [
        (
            text(plan),
            text(kind),
            "" if timeframe == "none" else text(timeframe),
            text(rank),
            figure(len(strengths), "count"),
            figure(sum(strengths) / len(strengths), "ratio"),
            figure(max(strengths), "ratio"),
        )
        for (plan, kind, timeframe, rank), strengths in sorted(counted.items(), key=lambda x: (x[0][0], -len(x[1])))
    ]
    head = ("Plan", "Exit", "Timeframe", "Rank", "Closes", "Mean strength", "Greatest")
    return table("Exits that spoke when something was closed", head, rows, words=4)


def _minute(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M")
