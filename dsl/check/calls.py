"""Calls of functions: what they read, where they run, and the nodes that they become."""

from __future__ import annotations

from tradeplan.dsl.catalog import ENUMERATIONS, ZONES, Calendar, Field, Function, Named, Output, Parameter, SameAs
from tradeplan.dsl.check.algebra import MIXED_MARKETS, in_distance
from tradeplan.dsl.check.arguments import ARGUMENT_KIND, Bound, bind, constants, default_constant
from tradeplan.dsl.check.comparison import alike, same_kind
from tradeplan.dsl.check.context import Context, Use
from tradeplan.dsl.check.fragments import fragment
from tradeplan.dsl.check.logic import positional_past
from tradeplan.dsl.check.value import Mode, Results, Value, View, spoken
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import Report, Severity, diagnostic_kind
from tradeplan.dsl.graph import Graph, Lane, Node, Op
from tradeplan.dsl.kinds import CONDITION, NUMBER, Base, Kind
from tradeplan.dsl.nodes import Call, Expression, Member
from tradeplan.dsl.source import Span
from tradeplan.dsl.timeframe import TIMEFRAMES

MANAGEMENT_ONLY = diagnostic_kind("management-only", "the function looks at an open position")
MARKET_FUNCTION = diagnostic_kind("market-function", "the function reads a market, and a guard has none")
STEPS_IN_VIEW = diagnostic_kind("steps-in-view", "a value on the plan's steps cannot be read on the bars of a view")
UNKNOWN_RESULT = diagnostic_kind("unknown-result", "the value has no result of this name")
COARSE_ARGUMENT = diagnostic_kind(
    "coarse-argument", "a function counts bars of its own view, not those of its argument", Severity.WARNING
)

_ZONE_NAMES = frozenset({"low", "high", "exists"})
_SERIES = frozenset({Base.NUMBER, Base.COUNT, Base.PRICE, Base.DISTANCE, Base.PERCENT})
_PRIMITIVES = {"abs": Op.ABS, "min": Op.MIN, "max": Op.MAX, "known": Op.KNOWN}
_ZONE_OF_NUMBER = {number: ZONES[word] for word, number in ENUMERATIONS["zone"].items()}


def call_function(
    ctx: Context, function: Function, call: Call | None, span: Span, name_span: Span, view: View | None
) -> Value | None:
    """The value of a function read on a view."""
    if function.management and ctx.mode in (Mode.ENTRY, Mode.GUARD):
        return ctx.error(
            MANAGEMENT_ONLY,
            span,
            f"`{function.name}` looks at an open position, which does not exist in {ctx.mode.value}",
            found=function.name,
            expected=("a function of the market",),
            help="use it in a rule without BUY or SELL, as in `THEN MOVE STOP TO trail(1.5 ATR)`",
        )
    bound = bind(ctx, function, call, span)
    if bound is None:
        return None
    numbers = constants(ctx, function, bound, view, span)
    series = _series(ctx, function, bound, view, span)
    if numbers is None or series is None:
        return None
    if function.primitive:
        value = _primitive(ctx, function, bound, series, span)
    elif function.expands:
        value = _expanded(ctx, function, numbers, series, view, span)
    else:
        value = _called(ctx, function, bound, numbers, series, view, span)
    if value is not None:
        ctx.uses.append(Use(span, function.name, view, function, bound, value))
    return value


def foreign(ctx: Context, expression: Expression, view: View | None, span: Span) -> Value | None:
    """The value of an expression of the catalog; its mistakes are reported where the plan calls it."""
    report, uses = ctx.report, ctx.uses
    ctx.report, ctx.uses = Report(report.source), []
    try:
        value = ctx.value(expression, view)
    finally:
        found, ctx.report, ctx.uses = ctx.report.diagnostics, report, uses
    for diagnostic in found[:1]:
        report.diagnostics.append(
            diagnostic.__class__(
                diagnostic.code,
                diagnostic.severity,
                diagnostic.message,
                report.source,
                span,
                ctx.text(span),
                diagnostic.expected,
                diagnostic.help,
            )
        )
    return value


def _series(
    ctx: Context, function: Function, bound: Bound, view: View | None, span: Span
) -> dict[str, list[Value]] | None:
    values: dict[str, list[Value]] = {}
    good = True
    fallback = ctx.fallback
    if view is not None and view.explicit:
        ctx.fallback = view.lane
    for parameter in function.parameters:
        if not parameter.series:
            continue
        written = bound.get(parameter.name)
        made: list[Value | None]
        if written is None:
            made = [foreign(ctx, fragment(parameter.default or ""), view, span)]
        else:
            made = [_fitting(ctx, function, parameter, e, ctx.value(e, view), view) for e in written]
        kept = [v for v in made if v is not None]
        good = good and len(kept) == len(made)
        values[parameter.name] = kept
    ctx.fallback = fallback
    return values if good else None


def _fitting(
    ctx: Context,
    function: Function,
    parameter: Parameter,
    expression: Expression,
    value: Value | None,
    view: View | None,
) -> Value | None:
    if value is None or function.primitive == "known":
        return value
    base = value.kind.base
    if base is Base.R_MULTIPLE and (parameter.kind is None or parameter.kind.base is Base.DISTANCE):
        return in_distance(ctx, value, expression.span)
    if parameter.kind is None:
        if base in _SERIES or (function.primitive and base in (Base.DURATION, Base.MONEY, Base.LOTS)):
            return value
        wanted = "a number, price, distance or percent"
    else:
        want = parameter.kind.base
        if base is want or (want is Base.NUMBER and value.is_number):
            of = parameter.kind.of or (view.facts.name if view is not None else "")
            if want in (Base.PRICE, Base.DISTANCE) and of and value.kind.of != of:
                return ctx.error(
                    MIXED_MARKETS,
                    expression.span,
                    f"`{parameter.name}` of `{function.name}` takes {spoken(Kind(want, of))}, not of {value.kind.of}",
                    found=spoken(value.kind),
                    expected=(spoken(Kind(want, of)),),
                    help=f"read it on the market of the value: `{value.kind.of}.{function.name}(...)`",
                )
            return value
        if want is Base.PRICE and value.is_number and value.literal and view is not None:
            return Value(Kind(Base.PRICE, view.facts.name), value.node, True)
        wanted = spoken(parameter.kind)
    text = ctx.text(expression.span)
    if base is Base.ZONE:
        help = f"take a price of the zone: `{text}.mid`"
    elif parameter.kind is not None and parameter.kind.base is Base.CONDITION:
        help = f"compare it with something: `{text} > ...`"
    elif parameter.kind is not None and parameter.kind.base is Base.DISTANCE:
        help = "write a distance: `15 pips`, `1.5 ATR`, `2 * atr(14)`"
    else:
        help = f"write {wanted}"
    return ctx.error(
        ARGUMENT_KIND,
        expression.span,
        f"`{parameter.name}` of `{function.name}` takes {wanted}, not {spoken(value.kind)}",
        found=spoken(value.kind),
        expected=(wanted,),
        help=help,
    )


def _primitive(
    ctx: Context, function: Function, bound: Bound, series: dict[str, list[Value]], span: Span
) -> Value | None:
    values = [v for group in series.values() for v in group]
    op = _PRIMITIVES[function.primitive]
    first = values[0]
    if op is Op.KNOWN:
        return (
            Value(CONDITION, ctx.graph.truth(True))
            if first.constant is not None
            else ctx.pointwise(op, CONDITION, first)
        )
    if op is Op.ABS:
        constant = first.constant
        return ctx.constant(first.kind, abs(constant)) if constant is not None else ctx.pointwise(op, first.kind, first)
    written = [e for p in function.parameters for e in bound.get(p.name, [])]
    result = first
    for place, value in enumerate(values[1:], start=1):
        spans = (written[0].span, written[place].span) if place < len(written) else (span, span)
        pair = alike(ctx, result, value, *spans, span)
        if pair is None:
            return None
        kind = same_kind(list(pair))
        a, b = pair[0].constant, pair[1].constant
        if a is not None and b is not None:
            result = ctx.constant(kind, min(a, b) if op is Op.MIN else max(a, b))
        else:
            result = ctx.pointwise(op, kind, *pair)
    return result


def _expanded(
    ctx: Context,
    function: Function,
    numbers: dict[str, float],
    series: dict[str, list[Value]],
    view: View | None,
    span: Span,
) -> Value | None:
    outer = ctx.locals
    ctx.locals = {name: values[0] for name, values in series.items()}
    for parameter in function.constants:
        ctx.locals[parameter.name] = ctx.constant(parameter.kind or NUMBER, numbers[parameter.name])
    try:
        return foreign(ctx, fragment(function.expands), view, span)
    finally:
        ctx.locals = outer


def _called(
    ctx: Context,
    function: Function,
    bound: Bound,
    numbers: dict[str, float],
    series: dict[str, list[Value]],
    view: View | None,
    span: Span,
) -> Value | None:
    arguments = [v for group in series.values() for v in group]
    if any(v.node.positional for v in arguments):
        return positional_past(ctx, span, f"`{function.name}`")
    ambient = not arguments and (view is None or not view.explicit) and calendar_only(ctx, function)
    if view is None and not ambient and not _without_market(ctx, function):
        return ctx.error(
            MARKET_FUNCTION,
            span,
            f"`{function.name}` reads a market, and a guard has none",
            found=function.name,
            expected=("account.", "system.", "feed.", "time"),
            help="put rules about a market into a PLAN",
        )
    lane: Lane | None = None
    if not ambient:
        lane = _lane(ctx, function, arguments, view, span)
        if lane is None:
            return None
    p = tuple(numbers.values())
    if function.parameters and any(q.variadic for q in function.parameters):
        p = (*p, float(len(series[function.series[-1].name])))
    if lane is not None and view is not None and not view.explicit:
        _warn_coarse(ctx, function, p, bound, arguments, view, span)
    call = _lower(ctx, function, numbers, p, arguments, view, lane)
    kinds = tuple(_kind(output, series, view) for output in function.outputs)
    graph = ctx.recipes if ambient else ctx.graph
    results = Results(function, call, kinds) if len(kinds) > 1 else None
    if kinds[0].base is Base.ZONE or (len(kinds) > 2 and {o.name for o in function.outputs} >= _ZONE_NAMES):
        places = {o.name: i for i, o in enumerate(function.outputs)}
        low, high, exists = (
            graph.node(Op.OUTPUT, (call,), (places[n],), condition=n == "exists") for n in ("low", "high", "exists")
        )
        kind = Kind(Base.ZONE, view.facts.name if view is not None else "")
        return Value(kind, exists, ambient=ambient, zone=(low, high, exists), results=results)
    node = graph.node(Op.OUTPUT, (call,), (0,), condition=kinds[0].base is Base.CONDITION)
    return Value(kinds[0], node, ambient=ambient, results=results)


def calendar_only(ctx: Context, function: Function) -> bool:
    """Whether the function reads nothing but the calendar, so that it has a value on any clock."""
    return not function.series and all(
        isinstance(r, Calendar) or (isinstance(r, Named) and calendar_only(ctx, ctx.catalog[r.name]))
        for r in function.reads
    )


def _without_market(ctx: Context, function: Function) -> bool:
    return not any(isinstance(r, Field | Named) for r in function.reads)


def _lane(ctx: Context, function: Function, arguments: list[Value], view: View | None, span: Span) -> Lane | None:
    on_steps = any(v.node.lane is not None and v.node.lane.steps for v in arguments)
    if view is None:
        return ctx.step_lane
    if not view.explicit:
        # what looks at the clock alone, or at several markets, runs on the plan's steps
        clockless = (
            bool(arguments) and all(v.node.lane is None for v in arguments) and any(v.ambient for v in arguments)
        )
        return ctx.step_lane if on_steps or (clockless and _without_market(ctx, function)) else view.lane
    if on_steps:
        return ctx.error(
            STEPS_IN_VIEW,
            span,
            f"an argument of `{function.name}` runs on the plan's steps and cannot be read on {view.facts.name}.{view.timeframe}",
            found=ctx.text(span),
            expected=(f"values of {view.facts.name}.{view.timeframe}",),
            help="leave the view out, or write the whole expression inside the parentheses instead of a LET",
        )
    return view.lane


def _warn_coarse(
    ctx: Context,
    function: Function,
    p: tuple[float, ...],
    bound: Bound,
    arguments: list[Value],
    view: View,
    span: Span,
) -> None:
    lanes = {v.node.lane for v in arguments if v.node.lane is not None}
    if not bound or len(lanes) != 1 or function.lookback(p) <= 1:
        return
    lane = lanes.pop()
    if lane.steps or TIMEFRAMES[lane.timeframe] <= TIMEFRAMES[view.timeframe] or not _without_market(ctx, function):
        return
    prefix = lane.timeframe if lane.market == view.facts.name else f"{lane.market}.{lane.timeframe}"
    ctx.error(
        COARSE_ARGUMENT,
        span,
        f"`{function.name}` counts bars of {view.timeframe}, but its argument changes every {lane.timeframe}",
        found=ctx.text(span),
        expected=(f"{prefix}.{function.name}(...)",),
        help=f"to count bars of {lane.timeframe} write `{prefix}.` before `{function.name}`",
    )


def _lower(
    ctx: Context,
    function: Function,
    numbers: dict[str, float],
    p: tuple[float, ...],
    arguments: list[Value],
    view: View | None,
    lane: Lane | None,
) -> Node:
    """The CALL node on a lane; without a lane a recipe."""
    graph: Graph = ctx.graph if lane is not None else ctx.recipes
    inputs: list[Node] = []
    for read in function.reads:
        if isinstance(read, Field):
            assert view is not None and lane is not None, "functions that read fields were refused without a market"
            inputs.append(ctx.on(graph.node(Op.FIELD, data=(read.name,), lane=view.lane), lane))
        elif isinstance(read, Calendar):
            inputs.append(
                graph.node(Op.CALENDAR, data=(read.what, _zone(read.zone, numbers), read.at_close), lane=lane)
            )
        else:
            inputs.append(_named(ctx, read, numbers, view, lane))
    if lane is not None:
        inputs += [ctx.on(v.node, lane) for v in arguments]
    else:
        inputs += [ctx.recipe(v.node) for v in arguments]
    return graph.node(Op.CALL, tuple(inputs), (function.name, p, len(function.outputs)), lane)


def _zone(zone: str, numbers: dict[str, float]) -> str:
    return _ZONE_OF_NUMBER[int(numbers[zone[1:-1]])] if zone.startswith("{") else zone


def _named(ctx: Context, read: Named, own: dict[str, float], view: View | None, lane: Lane | None) -> Node:
    function = ctx.catalog[read.name]
    timeframe = view.timeframe if view is not None else ctx.step_lane.timeframe
    numbers: dict[str, float] = {}
    for place, parameter in enumerate(function.constants):
        if place >= len(read.arguments):
            numbers[parameter.name] = default_constant(ctx, parameter, view, timeframe)
            continue
        argument = read.arguments[place]
        if isinstance(argument, str):
            literal = Parameter(parameter.name, parameter.kind, argument)
            numbers[parameter.name] = (
                own[argument[1:-1]] if argument.startswith("{") else default_constant(ctx, literal, view, timeframe)
            )
        else:
            numbers[parameter.name] = float(argument)
    series = [ctx.value(fragment(q.default or ""), view) for q in function.series]
    arguments = [v for v in series if v is not None]
    if calendar_only(ctx, function):
        call = _lower(ctx, function, numbers, tuple(numbers.values()), arguments, view, lane)
    else:
        assert view is not None, "functions that read a market were refused without one"
        call = _lower(ctx, function, numbers, tuple(numbers.values()), arguments, view, view.lane)
    place = next((i for i, o in enumerate(function.outputs) if o.name == read.output), 0)
    kind = function.outputs[place].kind
    graph = ctx.graph if call.lane is not None else ctx.recipes
    node = graph.node(Op.OUTPUT, (call,), (place,), condition=isinstance(kind, Kind) and kind.base is Base.CONDITION)
    return node if lane is None else ctx.on(node, lane)


def named_read(ctx: Context, name: str, arguments: tuple[float, ...], view: View) -> Node:
    """The first output of a function of the catalog on a view, for units such as ATR."""
    return _named(ctx, Named(name, arguments), {}, view, view.lane)


def _kind(output: Output, series: dict[str, list[Value]], view: View | None) -> Kind:
    kind = output.kind
    if isinstance(kind, SameAs):
        same = series[kind.parameter][0].kind
        if kind.as_distance and same.base is Base.PRICE:
            return Kind(Base.DISTANCE, same.of)
        return NUMBER if same.base is Base.COUNT else same
    if kind.base in (Base.PRICE, Base.DISTANCE, Base.ZONE) and not kind.of and view is not None:
        return Kind(kind.base, view.facts.name)
    return kind


def member_of_results(ctx: Context, expression: Member, value: Value) -> Value | None:
    """`value.result`: a named result of a call, or a price of a zone."""
    name = expression.name
    names: tuple[str, ...] = ()
    if expression.call is None:
        if value.zone is not None:
            names = ("low", "high", "mid")
            price = Kind(Base.PRICE, value.kind.of)
            low, high = (Value(price, n, ambient=value.ambient) for n in value.zone[:2])
            if name in names:
                if name != "mid":
                    return low if name == "low" else high
                total = ctx.pointwise(Op.ADD, price, low, high)
                return ctx.pointwise(Op.MUL, price, total, ctx.constant(NUMBER, 0.5))
        if value.results is not None:
            results = value.results
            names += tuple(o.name for o in results.function.outputs if o.name not in names)
            for place, output in enumerate(results.function.outputs):
                if output.name == name:
                    kind = results.kinds[place]
                    graph = ctx.recipes if value.ambient else ctx.graph
                    is_condition = kind.base is Base.CONDITION or (kind.base is Base.ZONE and name == "exists")
                    node = graph.node(Op.OUTPUT, (results.call,), (place,), condition=is_condition)
                    return Value(CONDITION if is_condition else kind, node, ambient=value.ambient)
    near, help, fixes = hint(name, names, expression.name_span)
    return ctx.error(
        UNKNOWN_RESULT,
        expression.name_span,
        f"`{ctx.text(expression.base.span)}` has no result `{name}`",
        found=name,
        expected=near or names,
        help=help
        or (
            f"it has {', '.join(f'`.{n}`' for n in names)}"
            if names
            else "it is a single value: leave the dot out; a view stands before a name (`M15.close`)"
        ),
        fixes=fixes,
    )
