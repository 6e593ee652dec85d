"""Heat maps as tables: colour says how much, the sign and the number in each cell say it without colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tradeplan.runtime.report.html import MINUS, figure, text

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LEVELS = 4
Grid = list[list[list[float]]]


def season_grid(trades: Sequence[dict[str, Any]]) -> Grid:
    """Closed trades by weekday and hour (UTC) of their exit: number and net, `[weekday][hour]`."""
    grid = [[[0, 0.0] for _ in range(24)] for _ in DAYS]
    for trade in trades:
        if trade["closed"]:
            moment = datetime.fromtimestamp(trade["closed"] / 1000, UTC)
            cell = grid[moment.weekday()][moment.hour]
            cell[0] += 1
            cell[1] = round(cell[1] + trade["net"], 2)
    return grid


def level(value: float | None, largest: float) -> str:
    """The class of a cell: how far it is from zero, in steps, and on which side."""
    if value is None or not value or not largest:
        return "h0"
    step = min(1 + int(abs(value) / largest * _LEVELS), _LEVELS)
    return f"h{'p' if value > 0 else 'm'}{step}"


def season_map(grid: Grid, currency: str) -> str:
    """Hours down, weekdays across, so that it fits a telephone; weekend days only where something was traded."""
    days = [d for d in range(7) if d < 5 or any(cell[0] for cell in grid[d])]
    largest = max((abs(cell[1]) for row in grid for cell in row), default=0.0)
    head = "".join(f'<th scope="col">{DAYS[d]}</th>' for d in days)
    rows = []
    for hour in range(24):
        cells = "".join(_season_cell(grid[d][hour], largest) for d in days)
        rows.append(f'<tr><th scope="row">{hour:02d}</th>{cells}</tr>')
    return (
        '<table class="heat season">'
        f"<caption><span>Net by hour and weekday of the exit, UTC, in {text(currency)};"
        " beside it the number of trades</span></caption>"
        f'<thead><tr><th scope="col">Hour</th>{head}</tr></thead>\n<tbody>\n' + "\n".join(rows) + "\n</tbody></table>\n"
    )


def _season_cell(cell: list[float], largest: float) -> str:
    count, net = cell
    if not count:
        return '<td class="h0"></td>'
    return (
        f'<td class="{level(net, largest)}"><data value="{net}">{short(net)}</data>'
        f'<span class="count">{count:g}<span class="far"> trades</span></span></td>'
    )


def short(value: float) -> str:
    """A signed amount in few characters: whole units, then thousands, then millions."""
    size = abs(value)
    if size < 9_999.5:
        body = f"{size:.0f}"
    else:
        body = f"{size / 1e3:.1f}k" if size < 999_950.0 else f"{size / 1e6:.1f}m"
    return body if body == "0" else f"{'+' if value > 0 else MINUS}{body}"


def correlation_map(caption: str, names: Sequence[str], matrix: Sequence[Sequence[float | None]], key: str) -> str:
    """A square of correlations, from -1 to +1."""
    head = "".join(f'<th scope="col">{text(name).replace("_", "_<wbr>")}</th>' for name in names)
    rows = []
    for i, (name, row) in enumerate(zip(names, matrix, strict=True)):
        cells = "".join(
            f'<td class="{"own" if i == j else level(value, 1.0)}">'
            f"{figure(value, 'correlation', f'{key}/{i}/{j}', tone=False)}</td>"
            for j, value in enumerate(row)
        )
        rows.append(f'<tr><th scope="row">{text(name)}</th>{cells}</tr>')
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table class="heat">'
        f"<caption><span>{caption}</span></caption><thead><tr><td></td>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody></table></div>\n"
    )
