"""Turns a source's local times into UTC, and reports the hours that clocks skip or repeat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.verify import Finding, found
from tradeplan.runtime.market.zones import Zone, zone


def to_utc(local: NDArray[np.int64], zone_name: str) -> tuple[NDArray[np.int64], list[Finding]]:
    """UTC milliseconds of local ones, with findings for times that are not certain.

    Where clocks were put back, the order of rows decides: those after a step back belong to the second pass. Without
    such a step the rows are reported and read as the first pass; skipped times are reported and moved behind the gap.
    """
    of = zone(zone_name)
    if of.is_fixed:
        return of.to_utc(local), []
    findings = found("dst_gap", of.skipped(local), local, f"in {zone_name}")
    utc = of.to_utc(local)
    repeated = of.repeated(local)
    if repeated.any():
        unsure = _second_pass(local, utc, repeated, of)
        findings += found("dst_overlap", unsure, local, f"in {zone_name}")
    return utc, findings


def _second_pass(
    local: NDArray[np.int64], utc: NDArray[np.int64], repeated: NDArray[np.bool_], of: Zone
) -> NDArray[np.bool_]:
    """Moves rows of the second pass in place; returns the rows whose pass their order does not tell."""
    unsure = np.zeros(local.shape, dtype=np.bool_)
    rows = np.flatnonzero(repeated)
    for group in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        back = np.flatnonzero(np.diff(local[group]) < 0)
        if not len(back):
            unsure[group] = True
            continue
        second = group[back[0] + 1 :]
        moment = of.transitions[np.searchsorted(of.transitions, utc[second], side="right")]
        index = np.searchsorted(of.transitions, moment, side="right")
        utc[second] = local[second] - of.offsets[index]
    return unsure
