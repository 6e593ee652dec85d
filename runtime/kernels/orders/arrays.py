"""The bundle of arrays that the order loop reads and writes."""

from __future__ import annotations

from typing import NamedTuple

from tradeplan.runtime.kernels.source.primitives import Bytes, Floats, Integers


class Book(NamedTuple):
    """Everything: program, state, one chunk of time, and where events go. Addresses are named in `layout`.

    `k f ring lists` are the state (k holds the program too, and cursors); a copy of them is a snapshot.
    """

    k: Integers  # integers of all records
    f: Floats  # floats of all records
    ring: Floats  # deques of account statistics, rings of first fill times
    lists: Integers  # per market and lane: a count, then addresses of plans, rising
    days: Integers  # starts of the account's days, rising
    weeks: Integers  # and weeks
    extra: Floats  # further columns of the finest bars
    times: Integers  # close times of all lanes
    values: Floats  # value columns
    truths: Bytes  # condition columns: 0 FALSE, 1 UNKNOWN, 2 TRUE
    keys: Integers  # (time - origin) * owners + number of the owner, rising: who has something to do when flat
    out: Floats  # events
    stack: Floats  # scratch
    due: Integers  # scratch
