"""The client's side of the wire: calls into JSON, replies out of it; frames and proofs are those of the server file."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

import numpy as np
from tradeplan.runtime.mt5.structs import STRUCTS
from tradeplan.runtime.mt5.terminal import BridgeError, Call, Reply

# what an array's fields may be; above all no Python objects
_NUMBER = re.compile(r"<[iuf][48]")
# all that comes of reading an answer that is not shaped as it should be
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def plain(value: Any, where: str) -> Any:
    """The value with plain types, as the package demands; TypeError for what could only be guessed at."""
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise TypeError(f"{where}: {value} cannot be sent to a terminal")
        return float(value)
    if isinstance(value, dict):
        return {str(k): plain(v, f"{where}, `{k}`") for k, v in value.items()}
    raise TypeError(
        f"{where}: expected a plain number, text or dict, got {type(value).__name__}"
        " (times are whole seconds of the broker's clock)"
    )


def encoded(call: Call) -> list[Any]:
    """A call as the server reads it."""
    where = f"`{call.name}`"
    row = [plain(a, f"{where}, argument {i + 1}") for i, a in enumerate(call.arguments)]
    return [call.name, row, {k: plain(v, f"{where}, `{k}`") for k, v in call.keywords.items()}]


class Decoder:
    """Turns replies of one connection into values; learns the fields of the package's structs from it."""

    def __init__(self) -> None:
        self._orders: dict[str, list[int] | None] = {}

    def learn(self, fields: dict[str, list[str]]) -> None:
        """Remember the fields of struct types; BridgeError if the package lacks one that is known here."""
        for name, given in fields.items():
            struct: Any = STRUCTS.get(name)
            if struct is None:
                continue
            missing = [field for field in struct._fields if field not in given]
            if missing:
                raise BridgeError(f"the terminal's package has no {name}.{missing[0]}: update MetaTrader5 there")
            # newer packages may have more fields, or others in between: they are found by name
            same = list(struct._fields) == given
            self._orders[name] = None if same else [given.index(field) for field in struct._fields]

    def replies(self, header: dict[str, Any], body: bytearray) -> list[Reply]:
        """The replies of a frame; BridgeError if it does not hold what it says."""
        try:
            self.learn(header["fields"])
            view, replies = memoryview(body), []
            for value, code, text in header["replies"]:
                decoded, view = self._value(value, view)
                replies.append(Reply(decoded, (int(code), str(text))))
        except _UNREADABLE as error:
            raise BridgeError(
                f"the bridge's answer cannot be read ({type(error).__name__}): is it the same version?"
            ) from error
        return replies

    def _value(self, value: Any, body: memoryview) -> tuple[Any, memoryview]:
        if not isinstance(value, dict):
            return value, body
        if "S" in value:
            return tuple(self._struct(value["S"], row) for row in value["v"]), body
        if "s" in value:
            return self._struct(value["s"], value["v"]), body
        if "a" in value:
            return self._array(value["a"], value["n"], body)
        items = []
        for item in value["t"]:
            decoded, body = self._value(item, body)
            items.append(decoded)
        return tuple(items), body

    def _struct(self, name: str, row: list[Any]) -> Any:
        struct: Any = STRUCTS[name]
        order = self._orders[name]
        if order is not None:
            row = [row[i] for i in order]
        if dict in map(type, row):  # only the result of an order has a struct within it, and rows are many
            row = [self._struct(v["s"], v["v"]) if isinstance(v, dict) else v for v in row]
        return struct._make(row)

    def _array(self, fields: list[list[str]], count: int, body: memoryview) -> tuple[Any, memoryview]:
        if not all(_NUMBER.fullmatch(kind) for _, kind in fields):
            raise ValueError("an array of other things than numbers")
        dtype = np.dtype([(str(name), kind) for name, kind in fields])
        size = dtype.itemsize * int(count)
        if not 0 <= size <= len(body):
            raise ValueError("an array longer than its bytes")
        return np.frombuffer(body[:size], dtype), body[size:]
