"""The numbers of a profile that management reads, with their defaults and bounds: plain data, without pydantic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from tradeplan.dsl.record import record
from tradeplan.runtime.market.errors import ProfileError


@record
class Setting:
    """A number of a profile: what it is when the file says nothing, the allowed range, what it is for."""

    default: float
    low: float
    high: float
    about: str


SETTINGS: dict[str, Setting] = {
    "exits.structure_break": Setting(0.7, 0.05, 20, "ATRs beyond the last extreme from which a break counts"),
    "exits.momentum_loss": Setting(0.6, 0.05, 20, "lost momentum from which it counts"),
    "exits.volume_decline": Setting(0.5, 0.05, 1, "share of the volume that is gone, from which it counts"),
    "exits.profit": Setting(2.0, 0.1, 100, "R of profit at which `profit_exit` speaks"),
    "exits.hours": Setting(24, 0.25, 2000, "hours after which `time_exit` speaks"),
    "stops.atr": Setting(2.0, 0.1, 50, "ATRs of `atr_stop` and `volatility_stop`"),
    "stops.structure": Setting(1.5, 0, 50, "ATRs that `structure_stop` keeps from the close at least"),
    "stops.trail": Setting(1.0, 0.1, 50, "ATRs that `trail` keeps from the best price"),
    "scaling.maximum": Setting(1.0, 0.05, 10, "largest size of a position, in first sizes"),
    "scaling.step": Setting(0.25, 0.01, 1, "part of the first size by which a position grows"),
    "scaling.threshold": Setting(0.7, 0.05, 20, "strength from which `scale_in` and `scale_out` are ready"),
    "breakers.drawdown": Setting(0.05, 0.001, 1, "fall of equity from its peak, as a share, that trips"),
    "breakers.loss": Setting(1000.0, 0.01, 1e12, "loss in account currency that trips"),
    "breakers.volatility": Setting(0.02, 0.0001, 1, "standard deviation of simple returns that trips"),
}
"""By `section.key`; the models of `profile` take their bounds from here."""


class FileSettings(Mapping[str, float]):
    """The settings of a profile file, read when the first is asked for: most checks ask for none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _numbers(self) -> dict[str, float]:
        try:
            table = read_toml(self._path.read_text(encoding="utf-8"), self._path.name)
        except (OSError, UnicodeDecodeError) as error:
            raise ProfileError(f"{self._path.name}: cannot be read as text ({error})") from None
        return {key: self._number(table, key, setting) for key, setting in SETTINGS.items()}

    def _number(self, table: Mapping[str, Any], key: str, setting: Setting) -> float:
        section, name = key.split(".")
        part = table.get(section, {})
        value = part.get(name, setting.default) if isinstance(part, dict) else part
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and setting.low <= value <= setting.high:
            return float(value)
        raise ProfileError(f"{self._path.name}: `{key}` is `{value}`: expected {allowed(setting)}")

    def __getitem__(self, key: str) -> float:
        return self._numbers[key]

    def __iter__(self) -> Iterator[str]:
        return iter(SETTINGS)

    def __len__(self) -> int:
        return len(SETTINGS)


def read_toml(text: str, name: str) -> dict[str, Any]:
    """The tables of a TOML file of this name; raises ProfileError if it is none."""
    # heavy enough to be felt in each `plan check` (3 ms to import), and most of them end without it
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{name}: not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}") from None


def allowed(setting: Setting) -> str:
    """The range of a setting in words."""
    return f"a number from {setting.low:g} to {setting.high:g}"
