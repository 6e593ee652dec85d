"""What a name is: LET or PARAM, position value, market or source, bar field, function - in this order."""

from __future__ import annotations

from collections.abc import Iterable

from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.dsl.check.calls import call_function
from tradeplan.dsl.check.context import Context, Use
from tradeplan.dsl.check.position import at_entry, misplaced, origin_value, position_value, side_value
from tradeplan.dsl.check.results import member_of_results
from tradeplan.dsl.check.sources import reading, readings
from tradeplan.dsl.check.value import BAR_FIELDS, POSITION_VALUES, SOURCE_NAMES, Mode, Value, View
from tradeplan.dsl.check.views import NOT_A_VIEW, UNKNOWN_MARKET, no_market, view_of
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.foreign import foreign_name, foreign_view
from tradeplan.dsl.graph import Op
from tradeplan.dsl.kinds import NUMBER, Base, Kind
from tradeplan.dsl.nodes import Expression, Let, Member, Name, Param
from tradeplan.dsl.source import Span
from tradeplan.dsl.timeframe import TIMEFRAMES

UNKNOWN_NAME = diagnostic_kind("unknown-name", "the name is neither defined in the block nor known to the language")
USED_BEFORE = diagnostic_kind("used-before", "LET and PARAM are defined above their use")
NOT_CALLABLE = diagnostic_kind("not-callable", "only functions take arguments")
NOT_A_VALUE = diagnostic_kind("not-a-value", "a market, a timeframe or a source is not a value by itself")
_VOLUMES = ("tick_volume", "real_volume")


def name_value(ctx: Context, expression: Name, view: View | None) -> Value | None:
    """The value of a name read on a view."""
    name = expression.name
    if ctx.locals is not None:
        if name in ctx.locals:
            return ctx.locals[name]
        if name in ("side", "r", "first"):
            return position_value(ctx, expression)
        if name in ("way", "origin"):
            return side_value(ctx, expression) if name == "way" else origin_value(ctx, expression)
    elif name in ctx.definitions:
        return _defined(ctx, expression, view)
    elif ctx.is_lost(name):
        return None
    if name in POSITION_VALUES:
        return None if _takes_arguments(ctx, expression, "a position value") else position_value(ctx, expression)
    if ctx.markets.get(name) is not None or name in SOURCE_NAMES:
        return _not_a_value(ctx, expression)
    if name in BAR_FIELDS:
        return (
            None if _takes_arguments(ctx, expression, "a field of the bar") else bar_field(ctx, expression, name, view)
        )
    if name == "at_entry":
        return at_entry(ctx, expression, view)
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
        return misplaced(ctx, expression.span, f"`{expression.name}` looks at the position")
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


def bar_field(ctx: Context, expression: Expression, name: str, view: View | None) -> Value | None:
    """`close` and its kin, on the view."""
    if view is None:
        return no_market(ctx, expression)
    base = Base.DISTANCE if name == "spread" else Base.PRICE
    kind = NUMBER if name in _VOLUMES else Kind(base, view.facts.name)
    value = Value(kind, ctx.graph.node(Op.FIELD, data=(name,), lane=view.lane))
    ctx.uses.append(Use(expression.span, name, view, None, {}, value))
    return value


def _not_a_value(ctx: Context, expression: Name) -> None:
    name = expression.name
    if name in SOURCE_NAMES:
        offered = tuple(f"{name}.{r}" for r in readings(ctx, name))
        help = f"say which reading: `{offered[0]}`"
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


def _unknown(ctx: Context, expression: Name, view: View | None) -> None:
    name = expression.name
    candidates = {*ctx.definitions, *(ctx.lost or ()), *ctx.catalog.names(), *BAR_FIELDS, "at_entry"}
    if ctx.mode is not Mode.ENTRY:
        candidates.update(POSITION_VALUES)
    if any(name in words for words in ENUMERATIONS.values()) and not foreign_name(name, ())[1]:
        lists = [e for e, words in ENUMERATIONS.items() if name in words]
        return ctx.error(
            UNKNOWN_NAME,
            expression.span,
            f"`{name}` is a word of the list {lists[0]}, which nothing here expects",
            found=name,
            help="words stand in arguments (`choch(bull)`) and beside = and !=",
        )
    span = Span(expression.span.start, expression.span.start + len(name))
    near, help, fixes = _offer(ctx, name, candidates, span, expression.call is None)
    if help and any(d.span == span and d.help == help for d in ctx.report.diagnostics):
        return None  # the parser, which read it in small letters, has said so
    return ctx.error(
        UNKNOWN_NAME,
        span,
        f"`{name}` is not defined",
        found=name,
        expected=near,
        help=help or f"define it above (`LET {name} = ...`) or use a function of the reference",
        fixes=fixes,
    )


def _offer(
    ctx: Context, name: str, candidates: Iterable[str], span: Span, alone: bool
) -> tuple[tuple[str, ...], str, tuple[Fix, ...]]:
    """What an unknown name may have been: a function with its argument, a name of another platform, a slip.

    `alone`: no parentheses follow, so that something else may be written in its place.
    """
    digits = name[len(name.rstrip("0123456789")) :]
    word = name.removesuffix(digits).rstrip("_")
    if digits and word in ctx.catalog and ctx.catalog[word].parameters:
        call = f"{word}({digits})"
        offer = Fix(f"write `{call}`", (Edit(span, call),))
        return (call,), f"the arguments of a function stand in parentheses: `{call}`", (offer,) if alone else ()
    near, help, fixes = hint(ctx, name, candidates, span)
    ours, advice = foreign_name(name, ctx.catalog.names())
    if not advice or any(fix.safe for fix in fixes):
        return near, help, fixes
    plain = alone and ours.isidentifier()
    return ((ours,) if ours else ()), advice, ((Fix(f"write `{ours}`", (Edit(span, ours),)),) if plain else ())


def member_value(ctx: Context, expression: Member, view: View | None) -> Value | None:
    """`view.name`, `source.reading` or `value.result`."""
    base = expression.base
    if isinstance(base, Name) and base.call is None and base.name in SOURCE_NAMES and base.name not in ctx.definitions:
        function = ctx.catalog.get(f"{base.name}.{expression.name}")
        if function is not None:
            return call_function(ctx, function, expression.call, expression.span, expression.span, view)
        return reading(ctx, expression, base.name)
    fixed = _fixed_view(ctx, expression)
    if fixed is not None:
        return _on_view(ctx, expression, fixed)
    is_view, chosen = view_of(ctx, base, view)
    if is_view:
        return None if chosen is None else _on_view(ctx, expression, chosen)
    if isinstance(base, Name) and base.call is None and not _is_value_name(ctx, base.name):
        if base.name.upper() in TIMEFRAMES:
            return _small_timeframe(ctx, base.name, base.span)
        near_market, help, fixes = _offered_base(ctx, expression, base.name)
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


def _offered_base(ctx: Context, expression: Member, base: str) -> tuple[tuple[str, ...], str, tuple[Fix, ...]]:
    """What stands in front of the dot instead: a timeframe, a market spelt rightly, or nothing at all."""
    view = foreign_view(base)
    span = Span(expression.span.start, expression.span.start + len(base))
    if view:
        return (view,), f"the last closed one is read as `{view}`", (Fix(f"write `{view}`", (Edit(span, view),)),)
    near, help, fixes = hint(ctx, base, (*ctx.markets.names(), *SOURCE_NAMES, *ctx.definitions), span)
    name = expression.name
    if near:
        return near, help, fixes
    alone = Fix(f"leave `{base}.` out", (Edit(Span(span.start, expression.name_span.start), ""),))
    if name in ctx.catalog or name in BAR_FIELDS or name in POSITION_VALUES:
        return (name,), f"`{name}` needs nothing in front of it: leave `{base}.` out", (alone,)
    ours, advice = foreign_name(name, ctx.catalog.names())
    return ((ours,) if ours else ()), advice, ()


def _fixed_view(ctx: Context, expression: Member) -> View | None:
    """The market of `btc.loss_limit` in a guard: what is no value of bars needs neither a timeframe nor data."""
    function = ctx.catalog.get(expression.name)
    base = expression.base
    if ctx.home is not None or function is None or not function.fixed or not isinstance(base, Name) or base.call:
        return None
    facts = ctx.markets.get(base.name)
    return None if facts is None else View(facts, ctx.step_lane.timeframe, True, ctx.step_lane)


def _small_timeframe(ctx: Context, name: str, span: Span) -> None:
    code = name.upper()
    return ctx.error(
        NOT_A_VIEW,
        span,
        f"the timeframe `{name}` is written `{code}`",
        found=name,
        expected=(code,),
        help=f"write `{code}`",
        fixes=(Fix(f"write `{code}`", (Edit(span, code),), safe=True),),
    )


def _is_value_name(ctx: Context, name: str) -> bool:
    if ctx.locals is not None and name in ctx.locals:
        return True
    return (
        name in ctx.definitions
        or ctx.is_lost(name)
        or name in BAR_FIELDS
        or name in POSITION_VALUES
        or name in ctx.catalog
    )


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
    if name.upper() in TIMEFRAMES:
        return _small_timeframe(ctx, name, expression.name_span)
    candidates = (*ctx.catalog.names(), *BAR_FIELDS)
    near, help, fixes = _offer(ctx, name, candidates, expression.name_span, expression.call is None)
    return ctx.error(
        UNKNOWN_NAME,
        expression.name_span,
        f"`{name}` is neither a bar field nor a function",
        found=name,
        expected=near,
        help=help or "see the reference for the functions that can be read on a view",
        fixes=fixes,
    )
