"""What a running instance can be asked to do from another process; one entry a command, here and nowhere else.

To add one: a method in `Controlled` and in `Instance` that does it (callable from any thread, ValueError to refuse), a
function here from the arguments to the answer, its entry in COMMANDS, and a file in runtime/cli that calls
`ask_run(database, name, body)` of `cli/_control.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

Body = dict[str, Any]


class Controlled(Protocol):
    """What commands need of an instance."""

    def halt(self, scope: str = ...) -> None:
        """Open nothing more in a scope."""

    def resume(self, scope: str = ...) -> None:
        """Lift a halt."""

    def book(self, amount: float) -> None:
        """A deposit or withdrawal."""

    def flatten(self, scope: str = ...) -> list[str]:
        """Cancel and close everything in a scope."""

    def waiting(self) -> list[dict[str, Any]]:
        """Edits that wait to be armed."""

    def arm(self, versions: list[tuple[str, str]]) -> list[str]:
        """Let edits take effect."""

    def migration(self, position: str) -> dict[str, Any]:
        """What moving a position to its plan's newest version changes."""

    def migrate(self, position: str, before: str, after: str) -> str:
        """Move it; the plan's name."""

    def reload(self) -> None:
        """Look at the folder."""

    def end(self) -> None:
        """Stop after this step."""


def _halt(run: Controlled, body: Body) -> Body:
    run.halt(_text(body, "scope"))
    return {}


def _resume(run: Controlled, body: Body) -> Body:
    run.resume(_text(body, "scope"))
    return {}


def _book(run: Controlled, body: Body) -> Body:
    amount = body.get("amount")
    if not isinstance(amount, int | float):
        raise ValueError("`book` needs an `amount` of money")
    run.book(float(amount))
    return {}


def _flatten(run: Controlled, body: Body) -> Body:
    return {"plans": run.flatten(_text(body, "scope"))}


def _reload(run: Controlled, body: Body) -> Body:
    run.reload()
    return {}


def _stop(run: Controlled, body: Body) -> Body:
    run.end()
    return {}


def _waiting(run: Controlled, body: Body) -> Body:
    return {"edits": run.waiting()}


def _arm(run: Controlled, body: Body) -> Body:
    versions = body.get("versions")
    if not isinstance(versions, list):
        raise ValueError("`arm` needs `versions`: names and versions of edits that wait")
    return {"names": run.arm([(str(name), str(version)) for name, version in versions])}


def _migration(run: Controlled, body: Body) -> Body:
    return run.migration(_text(body, "position"))


def _migrate(run: Controlled, body: Body) -> Body:
    return {"plan": run.migrate(_text(body, "position"), _text(body, "before"), _text(body, "after"))}


COMMANDS: dict[str, Callable[[Controlled, Body], Body]] = {
    "arm": _arm,
    "book": _book,
    "flatten": _flatten,
    "halt": _halt,
    "migrate": _migrate,
    "migration": _migration,
    "reload": _reload,
    "resume": _resume,
    "stop": _stop,
    "waiting": _waiting,
}


def commands_of(run: Controlled) -> Mapping[str, Callable[[Body], Body]]:
    """The commands, bound to an instance."""
    return {name: partial(command, run) for name, command in COMMANDS.items()}


def _text(body: Body, name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is a text, not `{value}`")
    return value
