"""What `plan db restore` says: what the copy does not know, and what to do then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tradeplan.runtime.cli._load import time_text
from tradeplan.runtime.store.restore import Loss, Restored


def loss_lines(loss: Loss, copy: Path, database: Path) -> Iterator[str]:
    """Before anything is done."""
    upto = "before its first step" if loss.copied is None else f"up to {time_text(loss.copied)} UTC of the feed"
    yield f"`{copy}` is whole; it knows the run {upto}"
    if loss.unread:
        yield f"`{database}` cannot be read, so nobody can say what happened since: {loss.unread}"
    elif loss.reached is None:
        yield f"there is no database at `{database}`: nothing is replaced"
    else:
        yield (
            f"`{database}` goes up to {time_text(loss.reached)} UTC: {loss.intents} intents and {loss.fills} fills in"
            " it are unknown to the copy"
        )
        for text in loss.positions:
            yield f"open and unknown to the copy: {text}"


def after_lines(loss: Loss, done: Restored) -> Iterator[str]:
    """When it is done."""
    yield f"`{done.path}` is the copy now" + (": checked again after copying" if done.kept else "")
    if done.kept:
        yield f"the files that it replaced are {', '.join(f'`{path}`' for path in done.kept)}"
    if loss.pending:
        yield f"it is of an older tradeplan: `plan db migrate --db {done.path}` first"
    yield "start `plan run` with the same command as before; it replays the bars from the beginning"
    if loss.broker is None:
        yield "on paper it decides and fills the same again; halts, edits and other acts of people since then are gone"
        return
    yield (
        f"{loss.broker}: look at the account before you start. What the replay decides again has the same number, and"
        " its positions are known again. What followed from acts of people since the copy (edits, halts) may not be: it"
        " carries this program's mark, the run takes it for another runtime's and opens nothing until `plan resume`."
        " It keeps its stops and targets; close it in the terminal"
    )
    yield "positions that the copy has open and the broker has closed since are found in the broker's history"
