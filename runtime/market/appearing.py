"""When a series, or older bars of one, came to be known to a run that had begun: what a replay must not know before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Appearance:
    """From here on the bars of a series are seen that open at `opens` or later (UTC ms); `last` is the newest of them.

    `before`: the open of the oldest bar that was seen until then; None: the series was not there.
    """

    market: str
    timeframe: str
    opens: int
    last: int
    before: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Market and timeframe."""
        return self.market, self.timeframe


def appearance(body: Mapping[str, object]) -> Appearance:
    """One, as journals keep it."""
    before = body["before"]
    return Appearance(
        str(body["market"]),
        str(body["timeframe"]),
        int(str(body["opens"])),
        int(str(body["last"])),
        None if before is None else int(str(before)),
    )


def appearances(bodies: Iterable[Mapping[str, object]]) -> list[Appearance]:
    """All, as journals keep them."""
    return [appearance(body) for body in bodies]
