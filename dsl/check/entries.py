"""BUY and SELL: size, order, stop, target and legs, with the proofs that refuse an entry that cannot be right."""

from __future__ import annotations

from tradeplan.dsl.check.amounts import amount, percent, time_span
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.safety import difference, sign
from tradeplan.dsl.check.sources import account_currency
from tradeplan.dsl.check.value import Value, spoken
from tradeplan.dsl.diagnostic import Edit, Fix, Severity, diagnostic_kind
from tradeplan.dsl.graph import EntryAction, Level, LevelKind, Node, Op, OrderType, SizeKind, TakeLeg, TimeSpan
from tradeplan.dsl.kinds import Base, Kind
from tradeplan.dsl.nodes import Enter, Expression, Number, PendingOrder, Take
from tradeplan.dsl.source import Span

SIZE_KIND = diagnostic_kind("size-kind", "a size is RISK in percent or money, or lots")
SIZE_BOUNDS = diagnostic_kind("size-bounds", "a size lies within what the account and the market allow")
HIGH_RISK = diagnostic_kind("high-risk", "a single trade risks more than two percent of equity", Severity.WARNING)
LOT_STEP = diagnostic_kind("lot-step", "the size is not a multiple of the lot step", Severity.WARNING)
LEVEL_KIND = diagnostic_kind("level-kind", "a level is a price, a distance, a percent, or R where it is known")
BARE_LEVEL = diagnostic_kind(
    "bare-level",
    "a number without a unit is a price, which a stop or target that never moves seldom is",
    Severity.WARNING,
)
STOP_SIDE = diagnostic_kind("stop-side", "the stop lies on the winning side, or on the price itself")
TARGET_SIDE = diagnostic_kind("target-side", "the target lies on the losing side, or on the price itself")
ORDER_SIDE = diagnostic_kind("order-side", "a LIMIT waits for a better price, a STOP order for a worse one")
TAKE_SUM = diagnostic_kind("take-sum", "the TAKE parts of an entry are at most 100 percent")
NO_REST = diagnostic_kind("no-rest", "the TAKE parts leave nothing for the TARGET", Severity.WARNING)
TAKE_BEYOND = diagnostic_kind("take-beyond-target", "a TAKE lies beyond the TARGET", Severity.WARNING)

_LONG_DISTANCE = 500
HIGHEST_RISK = 20.0
USUAL_RISK = 2.0

_LEVELS = {
    Base.PRICE: LevelKind.PRICE,
    Base.DISTANCE: LevelKind.DISTANCE,
    Base.PERCENT: LevelKind.PERCENT,
    Base.R_MULTIPLE: LevelKind.R_MULTIPLE,
}


def entry(ctx: Context, action: Enter) -> EntryAction | None:
    """A BUY or SELL."""
    side = 1 if action.side == "BUY" else -1
    size = _size(ctx, action)
    pending = _pending(ctx, action.pending, side) if action.pending is not None else None
    if pending is not None and ctx.home is not None:
        ctx.origin = Value(Kind(Base.PRICE, ctx.home.facts.name), pending[1])
    fixed = pending is not None and pending[1].op is Op.CONST
    stop = _level(ctx, action.stop, "STOP", r=False, fixed=fixed)
    ctx.origin = None
    target = _level(ctx, action.target, "TARGET", r=True, fixed=fixed) if action.target is not None else None
    takes = _takes(ctx, action.takes, fixed)
    if action.pending is not None and pending is None:
        return None
    reference = pending[1] if pending is not None else None
    if stop is not None:
        _check_side(ctx, stop, action.stop.span, side, reference, losing=True)
    levels = [(target, action.target.span)] if target is not None and action.target is not None else []
    levels += [(t.at, w.at.span) for t, w in zip(takes or (), action.takes, strict=False)]
    for level, span in levels:
        _check_side(ctx, level, span, side, reference, losing=False)
    if takes:
        _check_legs(ctx, action, takes, target)
    if size is None or stop is None or takes is None or (action.target is not None and target is None):
        return None
    order, price, valid = pending if pending is not None else (OrderType.MARKET, None, None)
    return EntryAction(side, size[0], size[1], order, price, valid, stop, target, takes, action.span)


def _size(ctx: Context, action: Enter) -> tuple[SizeKind, float] | None:
    written = action.size
    value = amount(ctx, written)
    if value is None:
        return None
    number, base, text = value.constant, value.kind.base, ctx.text(written.span)
    if number is None or base not in ((Base.PERCENT, Base.MONEY) if action.risk else (Base.LOTS,)):
        wants_risk = base in (Base.PERCENT, Base.MONEY)
        before = Span(written.span.start, written.span.start)
        help = "write `RISK 0.5%`, `RISK 100 USD` or `0.10 lots`"
        fixes: tuple[Fix, ...] = ()
        if wants_risk:
            help = f"write `{action.side} RISK {text}`"
            fixes = (Fix(f"write `RISK {text}`", (Edit(before, "RISK "),)),)
        elif base is Base.LOTS:
            help = f"lots stand without RISK: `{action.side} {text}`"
        return ctx.error(
            SIZE_KIND,
            written.span,
            f"`{text}` is no size" + (" of RISK" if action.risk else ""),
            found=spoken(value.kind),
            expected=("a percent", "money") if action.risk else ("RISK with a percent or money", "lots"),
            help=help,
            fixes=fixes,
        )
    if number <= 0:
        return _size_out(ctx, written.span, f"a size of `{text}` is nothing", "above 0", "write a size above zero")
    if base is Base.LOTS:
        return _lots(ctx, written.span, number, text)
    if base is Base.MONEY:
        currency = account_currency(ctx)
        if currency and value.kind.of != currency:
            cents = " (1 USD is 100 USC)" if {currency, value.kind.of} == {"USD", "USC"} else ""
            return ctx.error(
                SIZE_KIND,
                written.span,
                f"the account is kept in {currency}, `{text}` is not",
                found=value.kind.of,
                expected=(currency,),
                help=f"say the amount in {currency}{cents}, or a percent",
            )
        return SizeKind.RISK_MONEY, number
    if number > HIGHEST_RISK:
        limit = f"at most {HIGHEST_RISK:g}%"
        return _size_out(ctx, written.span, f"RISK `{text}` of equity on one trade", limit, "write a smaller percent")
    if number > USUAL_RISK:
        ctx.error(
            HIGH_RISK,
            written.span,
            f"RISK `{text}` is more than {USUAL_RISK:g}% of equity on one trade",
            found=text,
            expected=(f"up to {USUAL_RISK:g}%",),
            help="ten such losses in a row cost "
            f"{100 * (1 - (1 - number / 100) ** 10):.0f}% of the account: use less unless this is meant",
        )
    return SizeKind.RISK_PERCENT, number


def _lots(ctx: Context, span: Span, number: float, text: str) -> tuple[SizeKind, float] | None:
    assert ctx.home is not None, "entries stand in plans"
    facts = ctx.home.facts
    if not facts.lot_min <= number <= facts.lot_max:
        allowed = f"{facts.lot_min:g} to {facts.lot_max:g} lots"
        return _size_out(ctx, span, f"`{text}` is outside what {facts.name} allows", allowed, f"write {allowed}")
    steps = number / facts.lot_step
    if abs(steps - round(steps)) > 1e-6:
        rounded = int(steps) * facts.lot_step
        ctx.error(
            LOT_STEP,
            span,
            f"`{text}` is no multiple of the lot step {facts.lot_step:g}",
            found=text,
            expected=(f"{rounded:g} lots",),
            help=f"{rounded:g} lots will be traded: entries are rounded down",
        )
    return SizeKind.LOTS, number


def _size_out(ctx: Context, span: Span, message: str, expected: str, help: str) -> None:
    return ctx.error(SIZE_BOUNDS, span, message, found=ctx.text(span), expected=(expected,), help=help)


def _pending(ctx: Context, order: PendingOrder, side: int) -> tuple[OrderType, Node, TimeSpan] | None:
    value = ctx.value(order.price, ctx.home)
    valid = time_span(ctx, order.amount, "the validity of an order")
    kind = OrderType.LIMIT if order.limit else OrderType.STOP
    price = None if value is None else _price(ctx, order.price, value, f"AT {kind.name}")
    if price is None or valid is None:
        return None
    assert ctx.home is not None, "entries stand in plans"
    close = ctx.graph.node(Op.FIELD, data=("close",), lane=ctx.home.lane)
    low, high = difference(price, close, ctx.home.lane)
    better, worse = ("below", "above") if side > 0 else ("above", "below")
    proven = low == 1 if (side > 0) == order.limit else high == -1
    if proven:
        wanted = better if order.limit else worse
        word = "BUY" if side > 0 else "SELL"
        other = OrderType.STOP if order.limit else OrderType.LIMIT
        ctx.error(
            ORDER_SIDE,
            order.price.span,
            f"a {word} {kind.name} at `{ctx.text(order.price.span)}` lies {worse if order.limit else better} the price",
            found=ctx.text(order.price.span),
            expected=(f"a price {wanted} the close",),
            help=f"a {word} {kind.name} waits {wanted} the price: turn the sign, or use {other.name}",
        )
        return None
    return kind, price, valid


def _price(ctx: Context, expression: Expression, value: Value, what: str) -> Node | None:
    assert ctx.home is not None, "entries stand in plans"
    market = ctx.home.facts.name
    good = value.kind.base is Base.PRICE and value.kind.of == market
    if good or (value.is_number and value.literal):
        return ctx.on(value.node, ctx.step_lane)
    help = f"write a price of {market}: `close - 1 ATR`"
    if value.kind.base in (Base.DISTANCE, Base.PERCENT):
        help = f"say from where it is measured: `close - {ctx.text(expression.span)}`"
    return ctx.error(
        LEVEL_KIND,
        expression.span,
        f"{what} takes a price of {market}, not {spoken(value.kind)}",
        found=spoken(value.kind),
        expected=(f"a price of {market}",),
        help=help,
    )


def _level(ctx: Context, expression: Expression, what: str, *, r: bool, fixed: bool) -> Level | None:
    """`fixed`: the order waits at a price written as a number, so that beside it bare numbers are prices."""
    value = ctx.value(expression, ctx.home)
    if value is None:
        return None
    assert ctx.home is not None, "entries stand in plans"
    market = ctx.home.facts.name
    base = value.kind.base
    if value.is_number and value.literal:
        if not fixed:
            _warn_of_bare(ctx, expression, value, what, r)
        return Level(LevelKind.PRICE, value.node, expression.span)
    kind = _LEVELS.get(base)
    owned = base not in (Base.PRICE, Base.DISTANCE) or value.kind.of == market
    if kind is None or not owned or (base is Base.R_MULTIPLE and not r):
        expected = (f"a price of {market}", "a distance", "a percent", *(("R",) if r else ()))
        help = f"write a price or a distance: `{what} 1.5 ATR`, `{what} 0.4%`"
        if base is Base.R_MULTIPLE:
            help = "R is the distance to the stop itself: say the stop in ATR, pips, percent or as a price"
        elif value.is_number:
            help = "a computed number is neither a price nor a distance: `2 * atr(14)` is one"
        elif not owned:
            help = f"the stop and the target are prices of {market}"
        return ctx.error(
            LEVEL_KIND,
            expression.span,
            f"{what} cannot be {spoken(value.kind)}",
            found=spoken(value.kind),
            expected=expected,
            help=help,
        )
    return Level(kind, ctx.on(value.node, ctx.step_lane), expression.span)


def _warn_of_bare(ctx: Context, expression: Expression, value: Value, what: str, r: bool) -> None:
    """`STOP 2` is the price 2: nearly always a unit was forgotten."""
    assert ctx.home is not None, "entries stand in plans"
    text, number = ctx.text(expression.span), value.constant
    own = isinstance(expression, Number) and number is not None and number < _LONG_DISTANCE
    units = [f"{text} ATR", f"{text} pips"] if own else ["2 ATR", "15 pips"]
    if r:
        units.append(f"{text}R" if own else "2R")
    ctx.error(
        BARE_LEVEL,
        expression.span,
        f"{what} `{text}` is read as the price {number:g} of {ctx.home.facts.name}",
        found=text,
        expected=tuple(units),
        help=f"if a distance is meant, give it a unit: {', '.join(f'`{u}`' for u in units)}",
    )


def _takes(ctx: Context, takes: tuple[Take, ...], fixed: bool) -> tuple[TakeLeg, ...] | None:
    legs = []
    for take in takes:
        part = percent(ctx, take.amount, "TAKE")
        at = _level(ctx, take.at, "TAKE", r=True, fixed=fixed)
        if part is not None and at is not None:
            legs.append(TakeLeg(part, at, take.span))
    return tuple(legs) if len(legs) == len(takes) else None


def _check_side(ctx: Context, level: Level, span: Span, side: int, order: Node | None, losing: bool) -> None:
    assert ctx.home is not None, "entries stand in plans"
    lane = ctx.home.lane
    kind, what = (STOP_SIDE, "stop") if losing else (TARGET_SIDE, "target")
    word = "BUY" if side > 0 else "SELL"
    text = ctx.text(span)
    if level.kind is not LevelKind.PRICE:
        if sign(level.value, lane)[1] <= 0:
            ctx.error(
                kind,
                span,
                f"a {what} of `{text}` is no distance",
                found=text,
                expected=("a distance above zero",),
                help="write the distance without a sign: it lies on its proper side by itself",
            )
        return
    reference = order
    if reference is None:
        if level.value.op is Op.CONST:
            return
        reference = ctx.graph.node(Op.FIELD, data=("close",), lane=lane)
    low, high = difference(level.value, reference, lane)
    below = (side > 0) == losing
    if low >= 0 if below else high <= 0:
        where = "below" if below else "above"
        against = "the order's price" if order is not None else "the price"
        ctx.error(
            kind,
            span,
            f"the {what} of a {word} at `{text}` is not {where} {against}",
            found=text,
            expected=(f"a price {where} {against}", "a distance"),
            help="turn the sign, or write the distance alone: it lies on its proper side by itself",
        )


def _check_legs(ctx: Context, action: Enter, takes: tuple[TakeLeg, ...], target: Level | None) -> None:
    total = sum(t.percent for t in takes)
    whole = action.takes[0].span.to(action.takes[-1].span)
    if total > 100 + 1e-9:
        ctx.error(
            TAKE_SUM,
            whole,
            f"the TAKE parts add up to {total:g}%",
            found=f"{total:g}%",
            expected=("at most 100%",),
            help="make the parts smaller: percents are of the first filled size",
        )
    elif abs(total - 100) <= 1e-9 and target is not None and action.target is not None:
        ctx.error(
            NO_REST,
            action.target.span,
            "the TAKE parts add up to 100%: no leg is left for the TARGET",
            found="100%",
            help="leave TARGET out, or take less",
        )
    if (
        target is None
        or target.kind not in (LevelKind.R_MULTIPLE, LevelKind.PERCENT)
        or target.value.op is not Op.CONST
    ):
        return
    for take, written in zip(takes, action.takes, strict=True):
        at = take.at
        if at.kind is target.kind and at.value.op is Op.CONST and _number(at.value) > _number(target.value):
            ctx.error(
                TAKE_BEYOND,
                written.at.span,
                f"TAKE AT `{ctx.text(written.at.span)}` lies beyond the TARGET",
                found=ctx.text(written.at.span),
                expected=("a level before the TARGET",),
                help="the TARGET closes the rest first: swap the two levels if that is not meant",
            )


def _number(node: Node) -> float:
    return float(str(node.data[0]))
