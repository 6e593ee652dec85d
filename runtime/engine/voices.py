"""Which exit spoke when a rule acted: what `exit_signal` or `market_exit` said, in words."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.dsl.graph import CheckedRule
from tradeplan.runtime.kernels.orders import layout as at

_RANKS, _KINDS, _TIMEFRAMES = (
    {number: word for word, number in ENUMERATIONS[name].items()} for name in ("rank", "exit kind", "exit timeframe")
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an exit function said: `rank`, `kind` and `timeframe` are its words; time and profit have no timeframe."""

    function: str
    rank: str
    kind: str
    timeframe: str
    strength: float

    @property
    def what(self) -> str:
        """`structure on H1, critical`."""
        where = "" if self.timeframe == "none" else f" on {self.timeframe}"
        return f"{self.kind}{where}, {self.rank}"

    @property
    def short(self) -> str:
        """`structure H1 1.42`."""
        where = "" if self.timeframe == "none" else f" {self.timeframe}"
        return f"{self.kind}{where} {self.strength:.2f}"

    @property
    def text(self) -> str:
        """`structure on H1, critical, 1.42`."""
        return f"{self.what}, {self.strength:.2f}"


def spoken(row: list[float], rule: CheckedRule) -> Spoken:
    """What a row tells; its EV_VOICE is not 0."""
    return Spoken(
        rule.voices[int(row[at.EV_VOICE]) - 1].function,
        _RANKS[int(row[at.EV_RANK])],
        _KINDS[int(row[at.EV_KIND])],
        _TIMEFRAMES[int(row[at.EV_SEEN])],
        row[at.EV_STRENGTH],
    )
