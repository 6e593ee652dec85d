"""The three bundles of arrays that the order loop reads and writes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Tables(NamedTuple):
    """The compiled plans and guards; constant while a program runs. Columns are named in `layout`."""

    pt: Integers  # plans
    rt: Integers  # rules; of one plan first those without BUY or SELL, then entries, each in order of number
    gt: Integers  # guards
    lt: Integers  # flat literals
    lk: Floats  # their two scales
    at: Integers  # actions
    ap: Floats  # their percent
    et: Integers  # entries
    es: Floats  # their size
    tt: Integers  # TAKEs: kind and column
    tp: Floats  # their percent
    ot: Integers  # stack programs: operation and index
    ok: Floats  # their constants
    kt: Integers  # captures: column and whether it is a condition
    st: Integers  # account statistics
    mt: Floats  # markets
    cf: Floats  # settings
    days: Integers  # starts of the account's days, rising
    weeks: Integers  # and weeks


class State(NamedTuple):
    """Everything that changes; a copy of these arrays is a snapshot."""

    pf: Floats  # plans
    lf: Floats  # legs
    df: Floats  # ADDs that wait
    rf: Floats  # rules
    uf: Floats  # per action: the position that used it up
    kf: Floats  # captures of at_entry
    cells: Floats  # two per FOR, WITHIN and CROSSES in a program
    fills: Floats  # rings of first fill times
    mf: Floats  # newest mark of each market
    af: Floats  # the account
    sf: Floats  # account statistics
    ring: Floats  # their deques: (time, equity)
    rd: Floats  # readings of system and feed
    act: Integers  # per market: count, then the plans with an order or position there, in order
    stp: Integers  # per lane: count, then the plans that must be stepped, in order


class Chunk(NamedTuple):
    """One stretch of time: bars, steps and columns, cursors into them, and where events go."""

    bars: Floats  # finest bars of all markets, market after market
    mc: Integers  # per market: start, next, end
    times: Integers  # step times of all lanes, lane after lane; the guards' lane last
    lc: Integers  # per lane: start, next, end
    values: Floats  # value columns
    vo: Integers  # per value column: offset of the lane's first step, stride
    truths: NDArray[np.int8]  # condition columns: 0 FALSE, 1 UNKNOWN, 2 TRUE
    to: Integers  # per condition column: offset, stride
    keys: Integers  # (time - origin) * (guards + plans) + number, rising: who has something to do when flat
    dc: Integers  # the driver's cursors: next key, rows of `out` in use
    origin: Integers  # one element
    out: Floats  # events
    stack: Floats  # scratch
    due: Integers  # scratch
