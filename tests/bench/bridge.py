"""What the bridge to a terminal costs: `python -m tests.bench.bridge`.

Prints medians and bests over real TCP with the stand-in in the server's process; the stand-in's own work is measured
beside it, so that what remains is the wire: one account_info, 30 ticks with account and positions, 200 symbols,
99,999 bars, three bars of 16 markets on 8 timeframes.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tradeplan.runtime.mt5.terminal import Call

from tests.mt5.served import Served
from tests.mt5.stand_in.MetaTrader5.scenario import build
from tests.mt5.stand_in.MetaTrader5.sequences import RATES

NOW = 1_720_612_800_000
SYMBOLS = [{"name": f"SYM{i:03d}"} for i in range(200)]
BARS = 110_000


def rates() -> np.ndarray:
    """M1 bars up to a little after now, of no particular shape."""
    rows = np.zeros(BARS, RATES)
    rows["time"] = NOW // 1000 + 60 * (np.arange(BARS) - BARS + 10)
    price = 1.1 + 0.01 * np.sin(np.arange(BARS) / 500)
    for name in ("open", "high", "low", "close"):
        rows[name] = np.round(price, 5)
    return rows


def measured(work: Callable[[], Any], times: int) -> str:
    """Milliseconds: the median of so many, and the best."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return f"{statistics.median(taken):7.2f} (best {min(taken):6.2f}) ms"


def main() -> None:
    """Print one line for each kind of call: over the bridge, and in process."""
    quoted = [s["name"] for s in SYMBOLS[:30]]
    look = [Call("symbol_info_tick", (name,)) for name in quoted] + [Call("account_info"), Call("positions_get")]
    request = {"action": 1, "symbol": "SYM000", "volume": 0.1, "type": 0, "type_filling": 1}
    cases: dict[str, tuple[list[Call], int]] = {
        "account_info": ([Call("account_info")], 500),
        "30 ticks + account + positions": (look, 200),
        "200 symbols": ([Call("symbols_get")], 20),
        "99,999 bars": ([Call("copy_rates_from_pos", ("SYM000", 1, 0, 99_999))], 20),
        "16 markets x 8 timeframes x 3 bars": (
            [
                Call("copy_rates_from_pos", (s["name"], tf, 0, 3))
                for s in SYMBOLS[:16]
                for tf in (1, 5, 15, 30, 16385, 16388, 16392, 16408)
            ],
            50,
        ),
    }
    history = rates()
    with tempfile.TemporaryDirectory() as folder:
        bars = {name: {"M1": history} for name in quoted}
        switches = {"maxbars": 200_000}
        with Served(
            Path(folder), now=NOW, zone="UTC", symbols=SYMBOLS, bars=bars, switches=switches, data_seconds=60.0
        ) as bridge:
            local = build({"now": NOW, "zone": "UTC", "symbols": SYMBOLS, "switches": switches}, Path())
            for name in quoted:
                local.world.add(name, history)
            local.initialize()
            for _ in range(5):
                bridge.client.call("order_send", request)
                local.order_send(request)
            for name, (calls, times) in cases.items():
                bridge.client.batch(calls)  # the stand-in makes coarser bars at first use
                over = measured(lambda c=calls: bridge.client.batch(c), times)  # type: ignore[misc]
                here = measured(lambda c=calls: [getattr(local, call.name)(*call.arguments) for call in c], times)  # type: ignore[misc]
                print(f"{name:38} {over} over the bridge, of which {here} are the stand-in's own work")


if __name__ == "__main__":
    main()
