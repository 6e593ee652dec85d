"""What the package checks before anything reaches the terminal: types, counts, lengths; see the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .sequences import FIELDS

LONGEST = 29
_UNSIGNED = {"magic", "order", "deviation", "position", "position_by"}
INT_FIELDS = tuple(name for name, kind in FIELDS["TradeRequest"].items() if kind == "int")
FLOAT_FIELDS = tuple(name for name, kind in FIELDS["TradeRequest"].items() if kind == "float")
INVALID = "Invalid arguments"


class Invalid(Exception):
    """The call ends with None and (-2, text)."""


def text(value: Any) -> str:
    """A symbol or a group: a `str` of at most 29 UTF-16 units."""
    if not isinstance(value, str) or len(value.encode("utf-16-le")) // 2 > LONGEST:
        raise Invalid(INVALID)
    return value


def date(value: Any) -> int:
    """Seconds from an int, a float or a datetime; beyond 32 bits the package breaks CPython's rules."""
    if isinstance(value, datetime):
        seconds = value.timestamp()
    elif isinstance(value, int | float):
        seconds = value
    else:
        raise Invalid(INVALID)
    if not -(2**31) <= seconds < 2**31:
        raise SystemError("<built-in function> returned a result with an exception set")
    return int(seconds)


def c_int(value: Any, unsigned: bool = False) -> int:
    """A slot parsed in C: a wrong type leaves an exception behind, so CPython raises SystemError."""
    if not hasattr(value, "__index__") or not -(2**31) <= value.__index__() < 2 ** (32 if unsigned else 31):
        raise SystemError("<built-in function> returned a result with an exception set")
    return int(value.__index__())


def c_float(value: Any) -> float:
    """A price or a volume parsed in C: an int passes here."""
    if isinstance(value, str) or not hasattr(value, "__float__"):
        raise SystemError("<built-in function> returned a result with an exception set")
    return float(value)


def counted(arguments: tuple[Any, ...], least: int, most: int | None = None) -> None:
    """The number of positional arguments."""
    if not least <= len(arguments) <= (least if most is None else most):
        raise Invalid(INVALID)


def request(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
    """A trade request as the package reads it: missing fields are 0 or empty, unknown ones are ignored."""
    if arguments and (keywords or len(arguments) != 1 or not isinstance(arguments[0], dict)):
        raise Invalid(INVALID)
    given = arguments[0] if arguments else keywords
    read: dict[str, Any] = {}
    for name in INT_FIELDS:
        value = given.get(name, 0)
        low, high = (0, 2**64) if name in _UNSIGNED else (-(2**63), 2**63)
        if not isinstance(value, int) or not low <= value < high:
            raise Invalid(f'Invalid "{name}" argument')
        read[name] = int(value)
    for name in FLOAT_FIELDS:
        value = given.get(name, 0.0)
        if not isinstance(value, float):
            raise Invalid(f'Invalid "{name}" argument')
        read[name] = float(value)
    for name in ("symbol", "comment"):
        value = given.get(name, "")
        if not isinstance(value, str) or len(value.encode("utf-16-le")) // 2 > LONGEST:
            raise Invalid(f'Invalid "{name}" argument')
        read[name] = value
    return read
