"""What stands behind the dot of a value: a named result of a call, or a price of a zone."""

from __future__ import annotations

from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import Value
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.foreign import foreign_method
from tradeplan.dsl.graph import Op
from tradeplan.dsl.kinds import CONDITION, NUMBER, Base, Kind
from tradeplan.dsl.nodes import Member

UNKNOWN_RESULT = diagnostic_kind("unknown-result", "the value has no result of this name")


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
                if output.name == name and results.call is None:
                    return results.values[place]
                if output.name == name and results.call is not None:
                    kind = results.kinds[place]
                    graph = ctx.recipes if value.ambient else ctx.graph
                    is_condition = kind.base is Base.CONDITION or (kind.base is Base.ZONE and name == "exists")
                    node = graph.node(Op.OUTPUT, (results.call,), (place,), condition=is_condition)
                    return Value(CONDITION if is_condition else kind, node, ambient=value.ambient)
    near, help, fixes = hint(ctx, name, names, expression.name_span)
    help = help or foreign_method(name)
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
