"""A person at another terminal: asks a run of a database for one thing after the other, in a process of its own.

python -m tests.load.asker DATABASE LOG SCOPE...  writes a line of JSON for each question, until nothing runs.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.requests import RequestRefusedError, ask
from tradeplan.runtime.store.snapshot import read_status

PAUSE = 0.02


def asked(database: Path, name: str, body: dict[str, Any]) -> str:
    """One question; `done`, `refused`, `withdrawn` when nobody took it, `nobody` when nothing runs."""
    try:
        ask(database, name, body)
    except RequestRefusedError:
        return "refused"
    except StoreError as error:
        text = str(error)
        return "nobody" if "nobody" in text else "withdrawn" if "withdrawn" in text else f"unknown: {text}"
    return "done"


def main() -> None:
    """Until nothing runs."""
    database, log, scopes = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    with log.open("w", encoding="utf-8", buffering=1) as out:
        for turn in count():
            scope = scopes[turn % len(scopes)]
            for name, body in (
                ("halt", {"scope": scope}),
                ("reload", {}),
                ("status", {}),
                ("resume", {"scope": scope}),
                ("halt", {"scope": "nobody_has_this_name"}),
                ("waiting", {}),
            ):
                began = time.monotonic()
                if name == "status":
                    status = read_status(database)
                    outcome = "held" if scope in status.held else "not held"
                else:
                    outcome = asked(database, name, body)
                seconds = time.monotonic() - began
                line = {"name": name, "scope": body.get("scope"), "outcome": outcome, "seconds": seconds}
                out.write(json.dumps(line) + "\n")
                if outcome in ("nobody", "withdrawn"):
                    return
                time.sleep(PAUSE)


if __name__ == "__main__":
    main()
