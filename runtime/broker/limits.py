"""`limits.toml`: what stands below all plans, so that no plan and no mistake sends more than a person allowed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tradeplan.runtime.broker.account import BrokerError

EXAMPLE = """# What this account may be asked for at the most; entries and ADDs beyond it are refused, exits never.
lots = 1.0               # of one order
open_lots = 3.0          # of all positions and orders of one market
notional = 100000.0      # value of all positions and orders, in account currency
risk = 5.0               # percent of equity that is lost when every stop is reached
orders_a_minute = 10
distance = 3.0           # percent: how far from the market an order's price or stop may lie
"""
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Percent = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class Limits(BaseModel):
    """Ceilings for entries and ADDs; money in account currency, `risk` and `distance` in percent."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    lots: Positive
    open_lots: Positive
    notional: Positive
    risk: Percent
    orders_a_minute: Annotated[int, Field(ge=1, le=1_000)]
    distance: Percent

    def refusal(self, asked: Asked) -> str | None:
        """Which limit an order would break, in words; None if none."""
        for what, value, most, unit in (
            ("lots", asked.lots, self.lots, "lots"),
            ("open_lots", asked.open_lots, self.open_lots, "lots"),
            ("notional", asked.notional, self.notional, "in account currency"),
            ("risk", asked.risk, self.risk, "% of equity"),
            ("orders_a_minute", asked.orders, self.orders_a_minute, "orders a minute"),
            ("distance", asked.distance, self.distance, "% from the market"),
        ):
            if not value <= most * (1.0 + 1e-9):
                return f"limit `{what}`: {value:.8g} {unit}, at most {most:g}"
        return None


class Asked(BaseModel):
    """What an order would come to, together with all that is open and ordered."""

    lots: float
    open_lots: float
    notional: float
    risk: float
    orders: int
    distance: float


UNLIMITED = Limits(lots=1e9, open_lots=1e9, notional=1e15, risk=100.0, orders_a_minute=1_000, distance=100.0)
"""For demo accounts without a file."""


def load_limits(path: Path) -> Limits:
    """Read a file. Raises BrokerError that names file, key, what was found and what was expected."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BrokerError(
            f"limits: `{path}` cannot be read ({error.strerror}): write it, for example\n{EXAMPLE}"
        ) from error
    except UnicodeDecodeError as error:
        raise BrokerError(f"limits: `{path}` is no text in UTF-8: save it as UTF-8") from error
    try:
        return Limits.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BrokerError(f"limits: `{path}` is not TOML: {error}") from error
    except ValidationError as error:
        told = "; ".join(_said(dict(problem)) for problem in error.errors())
        raise BrokerError(f"limits: `{path}`: {told}") from error


def _said(problem: dict[str, object]) -> str:
    key = ".".join(str(part) for part in problem["loc"]) if isinstance(problem["loc"], tuple) else ""
    if problem["type"] == "missing":
        return f"key `{key}` is missing: every limit must be given"
    if problem["type"] == "extra_forbidden":
        return f"key `{key}` is not known: expected {', '.join(Limits.model_fields)}"
    return f"key `{key}`: `{problem['input']}`: {str(problem['msg']).lower()}"
