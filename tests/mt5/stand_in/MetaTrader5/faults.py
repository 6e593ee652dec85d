"""Faults of a terminal, planned by a test: what goes wrong, in which call, at which time it is made, how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "error": "the call gives None and last_error (code, text): -10004, -10005, ...; nothing reaches the server",
    "gone": "the terminal closed: every call gives -10004 until initialize succeeds; initialize fails `failures` times",
    "refuse": "order_send and order_check answer `retcode` (10004 requote, 10018, 10016, 10030, 10024, ...)",
    "partial": "an order is filled for `part` of its volume, 10010",
    "split": "an order is filled by two deals, `part` of its volume first, the second shown `late` milliseconds later",
    "bare": "order_send answers deal 0, price 0, volume 0; position and deal are shown `late` milliseconds later",
    "lost": "order_send is carried out and its answer lost: None and last_error (code, text), or retcode 10012",
    "doubled": "the server carries the order out twice, as after a resend below us",
    "hang": "the call takes `seconds` of real time before it is carried out, or `after` that",
    "late": "new positions and deals are shown `late` milliseconds after they were made",
    "lag": "the deal of an order is shown `late` milliseconds after its position",
    "stale": "symbol_info_tick of `symbol` (a mask) stays at the tick it had",
    "cold": "copy_rates_* knows only the newest `bars` bars, and twice as many with each call",
    "hidden": "the newest `bars` closed bars of `symbol` (a mask) are not there yet",
    "withheld": "the ticks of `symbol` (a mask) of the newest `milliseconds` are not there yet",
    "comment": "the server cuts comments to `length` characters",
    "crash": "the process of the terminal's package ends at once, before or `after` the call is carried out",
    "raise": "the package raises SystemError",
}


@dataclass
class Fault:
    """One planned fault: skips `skip` matching calls, then happens `times` times (-1: for ever)."""

    kind: str
    call: str = "*"
    skip: int = 0
    times: int = 1
    data: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault `{self.kind}`: known are {', '.join(KINDS)}")

    def get(self, name: str, default: Any) -> Any:
        """A parameter of the fault."""
        return self.data.get(name, default)


class Faults:
    """All planned faults, in the order in which they were added, and a count of calls by name."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []
        self.calls: dict[str, int] = {}

    def add(self, kind: str, call: str = "*", skip: int = 0, times: int = 1, **data: Any) -> Fault:
        """Plan a fault; `call` is a mask of function names (`order_*`)."""
        fault = Fault(kind, call, skip, times, data)
        self.planned.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all planned faults."""
        self.planned.clear()

    def due(self, kind: str, call: str, *, symbol: str = "") -> Fault | None:
        """The first fault of this kind that happens in this call, counted as having happened."""
        for fault in self.planned:
            if fault.kind != kind or fault.times == 0 or not fnmatchcase(call, fault.call):
                continue
            if symbol and not fnmatchcase(symbol, fault.get("symbol", "*")):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
            return fault
        return None
