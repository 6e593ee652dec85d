"""What a name is: LET or PARAM, position value, market or source, bar field, function - in this order."""

from __future__ import annotations

from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.dsl.check.calls import call_function, member_of_results
from tradeplan.dsl.check.context import Context, Use
from tradeplan.dsl.check.logic import positional_past
from tradeplan.dsl.check.sources import READINGS, reading
from tradeplan.dsl.check.value import BAR_FIELDS, POSITION_VALUES, SOURCE_NAMES, Mode, Value, View
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.graph import Op
from tradeplan.dsl.kinds import DURATION, LOTS, NUMBER, Base, Kind
from tradeplan.dsl.nodes import Expression, Let, Member, Name, Param, Timeframe
from tradeplan.dsl.nodes import View as WrittenView
from tradeplan.dsl.source import Span
from tradeplan.dsl.timeframe import TIMEFRAMES

UNKNOWN_NAME = diagnostic_kind("unknown-name", "the name is neither defined in the block nor known to the language")
UNKNOWN_MARKET = diagnostic_kind("unknown-market", "no profile describes this market")
UNKNOWN_TIMEFRAME = diagnostic_kind("unknown-timeframe", "bars exist for the timeframes of MetaTrader 5 only")
USED_BEFORE = diagnostic_kind("used-before", "LET and PARAM are defined above their use")
NOT_CALLABLE = diagnostic_kind("not-callable", "only functions take arguments")
NOT_A_VALUE = diagnostic_kind("not-a-value", "a market, a timeframe or a source is not a value by itself")
NOT_A_VIEW = diagnostic_kind("not-a-view", "before the dot stands a market, a timeframe, or a value with results")
POSITION_PLACE = diagnostic_kind("position-place", "position values exist only while a position is managed")
NO_MARKET = diagnostic_kind("no-market", "a guard reads the account, the system and the time, no market")

_POSITION_KINDS: dict[str, Kind] = {
    "entry": Kind(Base.PRICE),
    "stop": Kind(Base.PRICE),
    "size": LOTS,
    "profit": Kind(Base.DISTANCE),
    "best": Kind(Base.DISTANCE),
    "held": DURATION,
    "side": NUMBER,
    "r": Kind(Base.DISTANCE),
}
_VOLUMES = ("tick_volume", "real_volume")


def name_value(ctx: Context, expression: Name, view: View | None) -> Value | None:
    """The value of a name read on a view."""
    name = expression.name
    if ctx.locals is not None:
        if name in ctx.locals:
            return ctx.locals[name]
        if name in ("side", "r"):
            return position_value(ctx, expression)
    elif name in ctx.definitions:
        return _defined(ctx, expression, view)
    if name in POSITION_VALUES:
        return None if _takes_arguments(ctx, expression, "a position value") else position_value(ctx, expression)
    if ctx.markets.get(name) is not None or name in SOURCE_NAMES:
        return _not_a_value(ctx, expression)
    if name in BAR_FIELDS:
        return (
            None if _takes_arguments(ctx, expression, "a field of the bar") else bar_field(ctx, expression, name, view)
        )
    if name == "at_entry":
        return _at_entry(ctx, expression, view)
    function = ctx.catalog.get(name)
    if function is not None:
        return call_function(ctx, function, expression.call, expression.span, expression.span, view)
    return _unknown(ctx, expression, view)


def _defined(ctx: Context, expression: Name, view: View | None) -> Value | None:
    definition = ctx.definitions[expression.name]
    item = definition.item
    definition.used = True
    if not definition.ready:
        return ctx.error(
            USED_BEFORE,
            expression.span,
            f"`{expression.name}` is used above its definition",
            found=expression.name,
            help="move the LET or PARAM above its first use",
            related=((item.name.span, "defined here"),),
        )
    if _takes_arguments(ctx, expression, "a LET" if isinstance(item, Let) else "a PARAM"):
        return None
    if isinstance(item, Param):
        value = definition.value
        if value is None:
            return None
        literal = item.low if ctx.bound < 0 else item.high if ctx.bound > 0 else item.value
        # read again on this view: pips and ATR of a PARAM are those of the place where it stands
        return ctx.value(literal or item.value, view)
    value = definition.value
    if value is not None and value.node.positional and ctx.mode is Mode.ENTRY:
        return _misplaced(ctx, expression.span, f"`{expression.name}` looks at the position")
    if value is not None:
        ctx.uses.append(Use(expression.span, expression.name, None, None, {}, value))
    return value


def _takes_arguments(ctx: Context, expression: Name, what: str) -> bool:
    if expression.call is None:
        return False
    ctx.error(
        NOT_CALLABLE,
        expression.call.span,
        f"`{expression.name}` is {what}: it takes no arguments",
        found=ctx.text(expression.span),
        expected=(expression.name,),
        help=f"write `{expression.name}`" + ("; for the past, `[n]`" if what == "a field of the bar" else ""),
        fixes=(Fix("leave the arguments out", (Edit(expression.call.span, ""),)),),
    )
    return True


def position_value(ctx: Context, expression: Name) -> Value | None:
    """`entry`, `stop`, `size`, `profit`, `best`, `held`; and `side`, `r` inside the standard library."""
    if ctx.mode in (Mode.ENTRY, Mode.GUARD) or ctx.home is None:
        return _misplaced(ctx, expression.span, f"`{expression.name}` is a value of the position")
    kind = _POSITION_KINDS[expression.name]
    if kind.base in (Base.PRICE, Base.DISTANCE):
        kind = Kind(kind.base, ctx.home.facts.name)
    return Value(kind, ctx.graph.node(Op.POSITION, data=(expression.name,), lane=ctx.step_lane))


def _misplaced(ctx: Context, span: Span, what: str) -> None:
    where = "a guard" if ctx.home is None else ctx.mode.value
    return ctx.error(
        POSITION_PLACE,
        span,
        f"{what}, which does not exist in {where}",
        found=ctx.text(span),
        expected=("values of a market", "time")
        if ctx.home is not None
        else ("account, system and feed values", "time"),
        help="use it in a rule without BUY or SELL; an entry's STOP and TARGET as distances count from the fill",
    )


def bar_field(ctx: Context, expression: Expression, name: str, view: View | None) -> Value | None:
    """`close` and its kin, on the view."""
    if view is None:
        return no_market(ctx, expression)
    if name in _VOLUMES:
        kind = NUMBER
    else:
        kind = Kind(Base.DISTANCE if name == "spread" else Base.PRICE, view.facts.name)
    return Value(kind, ctx.graph.node(Op.FIELD, data=(name,), lane=view.lane))


def no_market(ctx: Context, expression: Expression) -> None:
    """Say that a guard has no market."""
    return ctx.error(
        NO_MARKET,
        expression.span,
        f"`{ctx.text(expression.span)}` is a value of a market, and a guard has none",
        found=ctx.text(expression.span),
        expected=("account.", "system.", "feed.", "time"),
        help="put rules about a market into a PLAN",
    )


def _not_a_value(ctx: Context, expression: Name) -> None:
    name = expression.name
    if name in SOURCE_NAMES:
        offered = tuple(f"{name}.{r}" for r in READINGS[name])
        help = f"say which reading: `{offered[0]}`" if offered else f"`{name}` is not available yet"
        return ctx.error(
            NOT_A_VALUE,
            expression.span,
            f"`{name}` is a source of readings, not a value",
            found=name,
            expected=offered,
            help=help,
        )
    return ctx.error(
        NOT_A_VALUE,
        expression.span,
        f"`{name}` is a market, not a value",
        found=name,
        expected=(f"{name}.close", f"{name}.change(1h)"),
        help=f"say which of its values: `{name}.close`",
    )


def _at_entry(ctx: Context, expression: Name, view: View | None) -> Value | None:
    if ctx.mode in (Mode.ENTRY, Mode.GUARD) or ctx.home is None:
        return _misplaced(ctx, expression.span, "`at_entry` looks back to the entry of a position")
    arguments = expression.call.arguments if expression.call is not None else ()
    if len(arguments) != 1:
        return ctx.error(
            NOT_CALLABLE,
            expression.span,
            f"`at_entry` takes one value, not {len(arguments)}",
            found=ctx.text(expression.span),
            expected=("at_entry(value)",),
            help="name the value that is to be remembered: `at_entry(close)`",
        )
    value = ctx.value(arguments[0].value, view)
    if value is None:
        return None
    if value.node.positional:
        return positional_past(ctx, expression.span, "at_entry")
    placed = ctx.placed(value, ctx.step_lane)
    if placed.zone is not None:
        low, high, exists = (ctx.graph.node(Op.AT_ENTRY, (n,), lane=ctx.step_lane) for n in placed.zone)
        return Value(value.kind, exists, zone=(low, high, exists))
    return Value(value.kind, ctx.graph.node(Op.AT_ENTRY, (placed.node,), lane=ctx.step_lane))


def _unknown(ctx: Context, expression: Name, view: View | None) -> None:
    name = expression.name
    candidates = {*ctx.definitions, *ctx.catalog.names(), *BAR_FIELDS, "at_entry"}
    if ctx.mode is not Mode.ENTRY:
        candidates.update(POSITION_VALUES)
    if any(name in words for words in ENUMERATIONS.values()):
        lists = [e for e, words in ENUMERATIONS.items() if name in words]
        return ctx.error(
            UNKNOWN_NAME,
            expression.span,
            f"`{name}` is a word of the list {lists[0]}, which nothing here expects",
            found=name,
            help="words stand in arguments (`choch(bull)`) and beside = and !=",
        )
    span = Span(expression.span.start, expression.span.start + len(name))
    near, help, fixes = hint(name, candidates, span)
    return ctx.error(
        UNKNOWN_NAME,
        span,
        f"`{name}` is not defined",
        found=name,
        expected=near,
        help=help or f"define it above (`LET {name} = ...`) or use a function of the reference",
        fixes=fixes,
    )


def timeframe_of(ctx: Context, code: str, span: Span) -> str | None:
    """A timeframe that exists."""
    if code in TIMEFRAMES:
        return code
    near, help, fixes = hint(code, TIMEFRAMES, span)
    return ctx.error(
        UNKNOWN_TIMEFRAME,
        span,
        f"there is no timeframe `{code}`",
        found=code,
        expected=near or tuple(TIMEFRAMES),
        help=help or f"use one of {', '.join(TIMEFRAMES)}",
        fixes=() if len(near) > 1 else fixes,
    )


def _view_of(ctx: Context, base: Expression, view: View | None) -> tuple[bool, View | None]:
    """Whether an expression before a dot is meant as a view, and the view, if it is good."""
    if isinstance(base, Timeframe):
        own = view or ctx.home
        if own is None:
            no_market(ctx, base)
            return True, None
        code = timeframe_of(ctx, base.code, base.span)
        return True, None if code is None else ctx.view(own.facts, code, base.span)
    if isinstance(base, WrittenView):
        named = base.base
        facts = ctx.markets.get(named.name) if isinstance(named, Name) and named.call is None else None
        code = timeframe_of(ctx, base.code, base.code_span)
        if ctx.home is None:
            no_market(ctx, base)
            return True, None
        if facts is None:
            if isinstance(named, Name) and named.call is None and named.name not in ctx.definitions:
                unknown_market(ctx, named.name, named.span)
            else:
                ctx.error(
                    NOT_A_VIEW,
                    named.span,
                    f"`{ctx.text(named.span)}` is no market: `.{base.code}` does not fit behind it",
                    found=ctx.text(named.span),
                    expected=("a market",),
                    help=f"write the view first: `{base.code}.close`",
                )
            return True, None
        return True, None if code is None else ctx.view(facts, code, base.span)
    if isinstance(base, Name) and base.call is None and ctx.locals is None and base.name not in ctx.definitions:
        facts = ctx.markets.get(base.name)
        if facts is not None:
            if ctx.home is None:
                no_market(ctx, base)
                return True, None
            return True, ctx.view(facts, ctx.home.timeframe, base.span)
    return False, None


def unknown_market(ctx: Context, name: str, span: Span) -> None:
    """Say that no profile describes a market."""
    near, help, fixes = hint(name, ctx.markets.names(), span)
    return ctx.error(
        UNKNOWN_MARKET,
        span,
        f"there is no market `{name}`",
        found=name,
        expected=near or tuple(facts.name for facts in ctx.markets),
        help=help or f"known are {', '.join(facts.name for facts in ctx.markets)}; or add a symbol profile",
        fixes=fixes,
    )


def member_value(ctx: Context, expression: Member, view: View | None) -> Value | None:
    """`view.name`, `source.reading` or `value.result`."""
    base = expression.base
    if isinstance(base, Name) and base.call is None and base.name in SOURCE_NAMES and base.name not in ctx.definitions:
        function = ctx.catalog.get(f"{base.name}.{expression.name}")
        if function is not None:
            return call_function(ctx, function, expression.call, expression.span, expression.span, view)
        return reading(ctx, expression, base.name)
    is_view, chosen = _view_of(ctx, base, view)
    if is_view:
        return None if chosen is None else _on_view(ctx, expression, chosen)
    if isinstance(base, Name) and base.call is None and not _is_value_name(ctx, base.name):
        near_market, help, fixes = hint(base.name, (*ctx.markets.names(), *SOURCE_NAMES, *ctx.definitions), base.span)
        return ctx.error(
            UNKNOWN_MARKET,
            base.span,
            f"`{base.name}` is neither a market nor a source nor a value",
            found=base.name,
            expected=near_market or tuple(facts.name for facts in ctx.markets),
            help=help or "before the dot stands a market, a timeframe, or a value with several results",
            fixes=fixes,
        )
    value = ctx.value(base, view)
    if value is None:
        return None
    return member_of_results(ctx, expression, value)


def _is_value_name(ctx: Context, name: str) -> bool:
    if ctx.locals is not None and name in ctx.locals:
        return True
    return name in ctx.definitions or name in BAR_FIELDS or name in POSITION_VALUES or name in ctx.catalog


def _on_view(ctx: Context, expression: Member, chosen: View) -> Value | None:
    name = expression.name
    if name in BAR_FIELDS and name not in ctx.definitions:
        called = Name(expression.span, name, expression.call)
        if _takes_arguments(ctx, called, "a field of the bar"):
            return None
        return bar_field(ctx, expression, name, chosen)
    function = ctx.catalog.get(name)
    if function is not None:
        return call_function(ctx, function, expression.call, expression.span, expression.name_span, chosen)
    if name in ctx.definitions or name in POSITION_VALUES:
        what = "keeps its own view" if name in ctx.definitions else "is a value of the position"
        return ctx.error(
            NOT_A_VIEW,
            expression.span,
            f"`{name}` {what}: no view stands before it",
            found=ctx.text(expression.span),
            expected=(name,),
            help=f"write `{name}`",
        )
    near, help, fixes = hint(name, (*ctx.catalog.names(), *BAR_FIELDS), expression.name_span)
    return ctx.error(
        UNKNOWN_NAME,
        expression.name_span,
        f"`{name}` is neither a bar field nor a function",
        found=name,
        expected=near,
        help=help or "see the reference for the functions that can be read on a view",
        fixes=fixes,
    )
