"""The control socket of a served stand-in: lines of JSON through which a test moves its world and plans faults."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .terminal import StandIn

# one thing at a time: the package's calls and the test's hands take the same lock through `StandIn.lock`


def actions(stand_in: StandIn) -> dict[str, Callable[..., Any]]:
    """What a test may do, by name; arguments are those of `World` and `Faults`."""
    world, ledger = stand_in.world, stand_in.world.ledger

    def fault(kind: str, call: str = "*", skip: int = 0, times: int = 1, **data: Any) -> None:
        world.faults.add(kind, call, skip, times, **data)

    def state() -> dict[str, Any]:
        return {
            "now": world.now,
            "calls": world.faults.calls,
            "balance": ledger.account.balance,
            "positions": [asdict(p) for p in ledger.positions],
            "orders": [asdict(o) for o in ledger.orders],
            "done": [asdict(o) for o in ledger.done],
            "deals": [asdict(d) for d in ledger.deals],
            "requests": world.sender.log,
        }

    def clock_shift(milliseconds: int) -> None:
        world.clock.shift = milliseconds

    def switch(**changed: Any) -> None:
        world.switches.update(changed)

    def account(**changed: Any) -> None:
        for name, value in changed.items():
            setattr(ledger.account, name, value)

    def book(symbol: str, rows: list[tuple[int, float, float]]) -> None:
        world.books[symbol] = [(int(t), float(p), float(v)) for t, p, v in rows]

    return {
        "advance_to": world.advance_to,
        "advance": world.advance,
        "pace": world.pace,
        "quote": world.quote,
        "specify": world.specify,
        "fault": fault,
        "clear_faults": world.faults.clear,
        "remove_stop": world.remove_stop,
        "close_by_hand": lambda *a, **k: asdict(world.close_by_hand(*a, **k)),
        "deal_by_hand": lambda *a, **k: asdict(world.deal_by_hand(*a, **k)),
        "switch_account": world.switch_account,
        "account": account,
        "switch": switch,
        "clock_shift": clock_shift,
        "book": book,
        "now": lambda: world.now,
        "state": state,
        "spent": lambda: (stand_in.spent, time.process_time()),
    }


def listen(stand_in: StandIn, address_file: str) -> None:
    """Serve the actions on a free local port, and write the port to a file (named aside, then renamed)."""
    known = actions(stand_in)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                wanted = json.loads(line)
                try:
                    with stand_in.lock:
                        result = known[wanted["do"]](*wanted.get("arguments", []), **wanted.get("keywords", {}))
                    answer = {"result": result}
                except Exception as error:  # a test's mistake is told to the test, whatever it is
                    answer = {"error": f"{type(error).__name__}: {error}"}
                self.wfile.write(json.dumps(answer).encode() + b"\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = Path(address_file)
    aside = path.with_suffix(".part")
    aside.write_text(str(server.server_address[1]), encoding="utf-8")
    aside.replace(path)
