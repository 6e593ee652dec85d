"""TAKEs on netting accounts with a broker outside: no broker order stands for one, so the program closes the part."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.brackets import (
    reaches,
)
from tradeplan.runtime.kernels.orders.layout import (
    ABOUT_TAKE,
    EV_POSITION,
    EV_UNITS,
    F_LEGS,
    F_PARTS,
    F_POSITION,
    FILL_TAKE,
    FRESH_LIMIT,
    L_FRESH,
    L_REQUEST,
    L_REQUEST_AT,
    L_REQUEST_REASON,
    L_REQUEST_RULE,
    L_TAKE,
    L_TARGET,
    L_UNITS,
    LEG,
    P_LEG0,
    P_SIDE,
    SENT,
    TYPE_DECISION,
    V_LIVE_FROM,
)
from tradeplan.runtime.kernels.orders.ledger import (
    emit,
)


def request_takes(b: Book, p: int, at_close: float, best: float, inside: bool) -> None:
    """Ask for a close of every TAKE leg whose level the bar has touched; `inside`: the bar has the first fill in it."""
    first = b.k[p + P_LEG0]
    for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
        units = b.f[leg + L_UNITS]
        fresh = b.f[leg + L_FRESH]
        b.f[leg + L_FRESH] = 0.0
        if (
            units <= 0.0
            or b.f[leg + L_TAKE] == 0.0
            or b.f[leg + L_REQUEST] >= units
            or (inside and fresh == FRESH_LIMIT)
        ):
            continue
        if reaches(b.k[p + P_SIDE] > 0, best, b.f[leg + L_TARGET]):
            if b.f[leg + L_REQUEST] == 0.0:
                b.f[p + F_PARTS] += 1.0
            b.f[leg + L_REQUEST] = units
            b.f[leg + L_REQUEST_AT] = max(at_close, b.f[V_LIVE_FROM])
            b.f[leg + L_REQUEST_REASON] = FILL_TAKE
            b.f[leg + L_REQUEST_RULE] = -1
            row = emit(b, at_close, TYPE_DECISION, p, (leg - first) // LEG, ABOUT_TAKE, SENT)
            b.out[row + EV_UNITS] = units
            b.out[row + EV_POSITION] = b.f[p + F_POSITION]
