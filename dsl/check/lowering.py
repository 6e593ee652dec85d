"""Where a call runs, and the nodes that it becomes."""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import (
    ENUMERATIONS,
    STREAMS_OF_WORDS,
    ZONES,
    Calendar,
    Feature,
    Field,
    Function,
    Named,
    Output,
    Parameter,
    SameAs,
)
from tradeplan.dsl.check.arguments import Bound, default_constant
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.fragments import fragment
from tradeplan.dsl.check.logic import positional_past
from tradeplan.dsl.check.value import Results, Value, View
from tradeplan.dsl.diagnostic import Severity, diagnostic_kind
from tradeplan.dsl.graph import Graph, Lane, Node, Op
from tradeplan.dsl.kinds import COUNT, NUMBER, Base, Kind
from tradeplan.dsl.source import Span

MARKET_FUNCTION = diagnostic_kind("market-function", "the function reads a market, and a guard has none")
STEPS_IN_VIEW = diagnostic_kind("steps-in-view", "a value on the plan's steps cannot be read on the bars of a view")
ARGUMENT_VIEW = diagnostic_kind(
    "argument-view", "a function counts bars of its own view, not those of its argument", Severity.WARNING
)
NO_STREAM = diagnostic_kind("no-stream", "the data has not what the function is made from", Severity.WARNING)
_ZONE_NAMES = frozenset({"low", "high", "exists"})
_ZONE_OF_NUMBER = {number: ZONES[word] for word, number in ENUMERATIONS["zone"].items()}
_STREAM_OF_NUMBER = {
    (words, float(ENUMERATIONS[words][word])): stream
    for words, streams in STREAMS_OF_WORDS.items()
    for word, stream in streams.items()
}
STREAMS = frozenset({"ticks", "trades", "book", "calendar"})
CLOCKED = "calendar"
"""The stream that belongs to no market, so that what is made from it has a value on any clock."""


def called(
    ctx: Context,
    function: Function,
    bound: Bound,
    numbers: dict[str, float],
    series: dict[str, list[Value]],
    view: View | None,
    span: Span,
) -> Value | None:
    """The value of a function that has a step."""
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
            expected=("account.", "trades.", "system.", "feed.", "time"),
            help=f"name market and timeframe, as in `btc.H1.{function.name}`, or put the rule into a PLAN",
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
        _warn_of_view(ctx, function, p, bound, arguments, view, span)
    _warn_of_streams(ctx, function, numbers, view, span)
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
        isinstance(r, Calendar)
        or (isinstance(r, Feature) and r.stream == CLOCKED)
        or (isinstance(r, Named) and calendar_only(ctx, ctx.catalog[r.name]))
        for r in function.reads
    )


def _without_market(ctx: Context, function: Function) -> bool:
    return not any(
        isinstance(r, Field | Named) or (isinstance(r, Feature) and r.stream != CLOCKED) for r in function.reads
    )


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
        own = f"{view.facts.name}.{view.timeframe}"
        return ctx.error(
            STEPS_IN_VIEW,
            span,
            f"an argument of `{function.name}` runs on the plan's steps and cannot be read on {own}",
            found=ctx.text(span),
            expected=(f"values of {own}",),
            help="leave the view out, or write the whole expression inside the parentheses instead of a LET",
        )
    return view.lane


def _warn_of_view(
    ctx: Context,
    function: Function,
    p: tuple[float, ...],
    bound: Bound,
    arguments: list[Value],
    view: View,
    span: Span,
) -> None:
    lanes = {v.node.lane for v in arguments if v.node.lane is not None}
    if not bound or len(lanes) != 1 or not _without_market(ctx, function):
        return
    lane = lanes.pop()
    counts = function.lookback(p) > 1 or any(o.kind == COUNT for o in function.outputs)
    if not counts or lane.steps or lane.timeframe == view.timeframe:
        return
    prefix = lane.timeframe if lane.market == view.facts.name else f"{lane.market}.{lane.timeframe}"
    ctx.error(
        ARGUMENT_VIEW,
        span,
        f"`{function.name}` runs on bars of {view.timeframe}, but its argument changes with those of {lane.timeframe}",
        found=ctx.text(span),
        expected=(f"{prefix}.{function.name}(...)",),
        help=f"to run on bars of {lane.timeframe} write `{prefix}.` before `{function.name}`",
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
            # INVARIANT: `called` refused functions that read fields where there is no market
            assert view is not None
            assert lane is not None
            inputs.append(ctx.on(graph.node(Op.FIELD, data=(read.name,), lane=view.lane), lane))
        elif isinstance(read, Calendar):
            inputs.append(
                graph.node(Op.CALENDAR, data=(read.what, _zone(read.zone, numbers), read.at_close), lane=lane)
            )
        elif isinstance(read, Feature):
            stream = stream_of(function, read, numbers)
            data = (read.name, stream, *_filled(read.arguments, numbers))
            if stream not in STREAMS:
                assert view is not None  # as of fields
                assert lane is not None
                inputs.append(ctx.on(graph.node(Op.FIELD, data=(stream,), lane=view.lane), lane))
            elif stream == CLOCKED:
                inputs.append(graph.node(Op.FEATURE, data=data, lane=lane))
            else:
                assert view is not None  # as of fields
                assert lane is not None
                inputs.append(ctx.on(graph.node(Op.FEATURE, data=data, lane=view.lane), lane))
        else:
            inputs.append(_named(ctx, read, numbers, view, lane))
    if lane is not None:
        inputs += [ctx.on(v.node, lane) for v in arguments]
    else:
        inputs += [ctx.recipe(v.node) for v in arguments]
    return graph.node(Op.CALL, tuple(inputs), (function.name, *p, len(function.outputs)), lane)


def _zone(zone: str, numbers: dict[str, float]) -> str:
    return _ZONE_OF_NUMBER[int(numbers[zone[1:-1]])] if zone.startswith("{") else zone


def _filled(arguments: tuple[float | str, ...], own: dict[str, float]) -> tuple[float | str, ...]:
    """Arguments of a read with the function's own constants put in."""
    return tuple(Named.filled(a, own) for a in arguments)


def stream_of(function: Function, read: Feature, numbers: Mapping[str, float]) -> str:
    """The stream that a feature is made from (or the field in its place), given the constants of the function."""
    if not read.stream.startswith("{"):
        return read.stream
    name = read.stream[1:-1]
    kind = next(p.kind for p in function.constants if p.name == name)
    assert kind is not None
    return _STREAM_OF_NUMBER[kind.of, numbers[name]]


def _warn_of_streams(
    ctx: Context, function: Function, numbers: dict[str, float], view: View | None, span: Span
) -> None:
    facts = view.facts if view is not None else None
    if facts is None or facts.streams is None:
        return
    for stream in dict.fromkeys(stream_of(function, r, numbers) for r in function.reads if isinstance(r, Feature)):
        if stream in STREAMS and stream not in facts.streams:
            what = "a calendar of news" if stream == CLOCKED else f"{stream} of `{facts.name}`"
            ctx.error(
                NO_STREAM,
                span,
                f"`{function.name}` is made from {what}, which this data has not: {function.without_data}",
                found=ctx.text(span),
                expected=(what,),
                help="bring it in with `plan data import`"
                + ("" if stream == CLOCKED else ", or let the plan do without by OPTIONAL"),
            )


def _named(ctx: Context, read: Named, own: dict[str, float], view: View | None, lane: Lane | None) -> Node:
    arguments = _filled(read.arguments, own)
    key = (read.name, read.output, arguments, view.lane if view is not None else None, lane)
    node = ctx.named_reads.get(key)
    if node is None:
        node = ctx.named_reads[key] = _named_node(ctx, read, arguments, view, lane)
    return node


def _named_node(
    ctx: Context, read: Named, given: tuple[float | str, ...], view: View | None, lane: Lane | None
) -> Node:
    function = ctx.catalog[read.name]
    timeframe = view.timeframe if view is not None else ctx.step_lane.timeframe
    numbers: dict[str, float] = {}
    for place, parameter in enumerate(function.constants):
        if place >= len(given):
            numbers[parameter.name] = default_constant(ctx, parameter, view, timeframe)
            continue
        argument = given[place]
        if isinstance(argument, str):
            literal = Parameter(parameter.name, parameter.kind, argument)
            numbers[parameter.name] = default_constant(ctx, literal, view, timeframe)
        else:
            numbers[parameter.name] = float(argument)
    recorded = len(ctx.uses)
    series = [ctx.value(fragment(q.default or ""), view) for q in function.series]
    del ctx.uses[recorded:]  # what a function reads by itself is no name of the plan
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
