"""Arguments of a call: which belongs to which parameter, and the numbers that constants stand for."""

from __future__ import annotations

from tradeplan.dsl.catalog import SIDE_WORDS, Function, Parameter
from tradeplan.dsl.check.amounts import whole_bars
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.fragments import fragment
from tradeplan.dsl.check.profile_defaults import PROFILE, default_text, profile_has
from tradeplan.dsl.check.value import Value, View, spoken
from tradeplan.dsl.check.words import hint, side_number, word_number
from tradeplan.dsl.diagnostic import DiagnosticKind, Edit, Fix, diagnostic_kind
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.nodes import Argument, Call, Compare, Expression, Name, Number, Timeframe
from tradeplan.dsl.nodes import View as WrittenView
from tradeplan.dsl.source import Span

MISSING_ARGUMENT = diagnostic_kind("missing-argument", "a parameter without a default needs an argument")
UNKNOWN_ARGUMENT = diagnostic_kind("unknown-argument", "the function has no parameter of this name")
REPEATED_ARGUMENT = diagnostic_kind("repeated-argument", "a parameter takes one argument")
TOO_MANY_ARGUMENTS = diagnostic_kind("too-many-arguments", "the function has fewer parameters")
ARGUMENT_KIND = diagnostic_kind("argument-kind", "the argument is not of the kind that the parameter takes")
ARGUMENT_BOUNDS = diagnostic_kind("argument-bounds", "the argument lies outside what the function is defined for")
NOT_CONSTANT = diagnostic_kind("not-constant", "the parameter takes a literal or a PARAM, known before anything runs")

Bound = dict[str, list[Expression]]
"""The arguments as written, by parameter; a parameter that is absent takes its default."""

_BARE = frozenset({Base.COUNT, Base.NUMBER})


def signature(function: Function) -> str:
    """How a call is written: `holds(level, bars=10 bars)`."""
    parts = (
        p.name + ("..." if p.variadic else f"={p.default}" if p.default is not None else "")
        for p in function.parameters
    )
    return f"{function.name}({', '.join(parts)})"


def bind(ctx: Context, function: Function, call: Call | None, span: Span) -> Bound | None:
    """Arguments by parameter; every mistake is reported, and then there is no binding."""
    bound: Bound = {}
    good = True
    parameters = function.parameters
    if call is not None:
        names = {p.name for p in parameters}
        place = 0
        named = False
        for argument in call.arguments:
            expression = argument.value
            name = _argument_name(ctx, expression, names)
            if isinstance(expression, Timeframe | WrittenView) and not _takes_words(parameters, place):
                good = _view_in_front(ctx, function, call, argument, span)
                continue
            if name is not None and isinstance(expression, Compare):
                named = True
                if name not in names:
                    good = _unknown_argument(ctx, function, name, expression.left.span)
                    continue
                expression = expression.right
            else:
                if named:
                    good = _complain(
                        ctx,
                        REPEATED_ARGUMENT,
                        argument.span,
                        "an argument without a name stands behind named ones",
                        function,
                    )
                    continue
                if place >= len(parameters):
                    good = _complain(
                        ctx,
                        TOO_MANY_ARGUMENTS,
                        argument.span,
                        f"`{function.name}` takes {_count(len(parameters))}",
                        function,
                    )
                    break
                name = parameters[place].name
                if parameters[place].variadic:
                    bound.setdefault(name, []).append(expression)
                    continue
                place += 1
            if name in bound:
                good = _complain(ctx, REPEATED_ARGUMENT, argument.span, f"`{name}` is given twice", function)
                continue
            bound[name] = [expression]
    for parameter in parameters:
        if parameter.default is None and parameter.name not in bound and good:
            good = _complain(
                ctx, MISSING_ARGUMENT, span, f"`{function.name}` needs `{parameter.name}`" + _about(parameter), function
            )
    return bound if good else None


def _takes_words(parameters: tuple[Parameter, ...], place: int) -> bool:
    """Whether the parameter at a place takes a word of a list, which a timeframe may be."""
    kind = parameters[place].kind if place < len(parameters) else None
    return kind is not None and kind.base is Base.ENUMERATION


def _view_in_front(ctx: Context, function: Function, call: Call, argument: Argument, span: Span) -> bool:
    """`rsi(14, H1)`, as on platforms where the timeframe is an argument."""
    view = ctx.text(argument.span)
    rest = ", ".join(ctx.text(a.span) for a in call.arguments if a is not argument)
    written = f"{view}.{function.name}" + (f"({rest})" if rest else "")
    alone = ctx.text(span).startswith(function.name)
    ctx.error(
        ARGUMENT_KIND,
        argument.span,
        f"`{view}` is a view: it stands in front of `{function.name}`, not among its arguments",
        found=view,
        expected=(written,),
        help=f"write `{written}`",
        fixes=(Fix(f"write `{written}`", (Edit(span, written),)),) if alone else (),
    )
    return False


def _argument_name(ctx: Context, expression: Expression, names: set[str]) -> str | None:
    if not (isinstance(expression, Compare) and expression.op == "="):
        return None
    left = expression.left
    if not isinstance(left, Name) or left.call is not None:
        return None
    if left.name in names:
        return left.name
    known = left.name in ctx.definitions or ctx.is_lost(left.name) or left.name in ctx.catalog
    return None if known else left.name


def _count(n: int) -> str:
    return "no arguments" if n == 0 else "one argument" if n == 1 else f"at most {n} arguments"


def _about(parameter: Parameter) -> str:
    return f" ({parameter.about})" if parameter.about else ""


def _complain(ctx: Context, kind: DiagnosticKind, span: Span, message: str, function: Function) -> bool:
    ctx.error(
        kind,
        span,
        message,
        found=ctx.text(span),
        expected=(signature(function),),
        help=f"write `{signature(function)}`",
    )
    return False


def _unknown_argument(ctx: Context, function: Function, name: str, span: Span) -> bool:
    names = [p.name for p in function.parameters]
    near, help, fixes = hint(ctx, name, names, span)
    ctx.error(
        UNKNOWN_ARGUMENT,
        span,
        f"`{function.name}` has no parameter `{name}`",
        found=name,
        expected=near or tuple(names),
        help=help or f"write `{signature(function)}`",
        fixes=fixes,
    )
    return False


def constants(ctx: Context, function: Function, bound: Bound, view: View | None, span: Span) -> dict[str, float] | None:
    """The numbers of the constant parameters, by name and in order."""
    numbers: dict[str, float] = {}
    good = True
    timeframe = view.timeframe if view is not None else ctx.step_lane.timeframe
    for parameter in function.parameters:
        if parameter.name not in bound and not profile_has(ctx, function, parameter, view, span):
            return None
        if parameter.series:
            continue
        written = bound.get(parameter.name)
        if written is not None:
            number = _constant(ctx, function, parameter, written[0], view, timeframe, bound)
        else:
            number = _default(ctx, function, parameter, view, timeframe, span)
        if number is None:
            good = False
        else:
            numbers[parameter.name] = number
    return numbers if good else None


def _default(
    ctx: Context, function: Function, parameter: Parameter, view: View | None, timeframe: str, span: Span
) -> float | None:
    """The number of a default, with the complaints that depend on the plan: it has no side, the profile no number."""
    if parameter.default in SIDE_WORDS:
        return side_number(ctx, parameter.default, span)
    number = default_constant(ctx, parameter, view, timeframe)
    if not (parameter.default or "").startswith(PROFILE):
        return number
    low, high = parameter.low, parameter.high
    if (low is not None and number < low) or (high is not None and number > high):
        key = (parameter.default or "")[len(PROFILE) :]
        return ctx.error(
            ARGUMENT_BOUNDS,
            span,
            f"`{key}` of the profile is {number:g}, and `{parameter.name}` of `{function.name}` takes {low:g} to "
            f"{high:g}",
            found=f"{number:g}",
            expected=(f"{low:g} to {high:g}",),
            help=f"change the profile, or write `{parameter.name}=...`",
        )
    return number


def default_constant(ctx: Context, parameter: Parameter, view: View | None, timeframe: str) -> float:
    """The number of a default; raises ValueError if the catalog's text is not of the parameter's kind."""
    expression = fragment(default_text(parameter.default or "0", view or ctx.home))
    if parameter.kind is not None and parameter.kind.base is Base.ENUMERATION:
        number = word_number(ctx, expression, parameter.kind.of)
    elif isinstance(expression, Number):
        number = expression.value
    else:
        value = ctx.value(expression, view)
        number = None if value is None else _in_unit(parameter, value, timeframe)
    if number is None:
        raise ValueError(f"default `{parameter.default}` of parameter `{parameter.name}` does not fit its kind")
    return number


def _constant(
    ctx: Context,
    function: Function,
    parameter: Parameter,
    expression: Expression,
    view: View | None,
    timeframe: str,
    bound: Bound,
) -> float | None:
    kind = parameter.kind
    if kind is not None and kind.base is Base.ENUMERATION:
        return word_number(ctx, expression, kind.of)
    value = ctx.value(expression, view)
    if value is None:
        return None
    if value.constant is None:
        help, fixes = _known_before(ctx, function, parameter, expression, bound)
        return ctx.error(
            NOT_CONSTANT,
            expression.span,
            f"`{parameter.name}` of `{function.name}` must be known before anything runs",
            found=ctx.text(expression.span),
            expected=("a literal", "a PARAM"),
            help=help,
            fixes=fixes,
        )
    number = _in_unit(parameter, value, timeframe)
    if number is None:
        return _wrong_kind(ctx, function, parameter, expression, value)
    low, high = parameter.low, parameter.high
    if (low is not None and number < low) or (high is not None and number > high):
        unit = f" bars of {timeframe}" if kind is not None and kind.base is Base.SPAN else ""
        allowed = (
            f"{low:g} to {high:g}"
            if low is not None and high is not None
            else (f"at least {low:g}" if low is not None else f"at most {high:g}")
        )
        return ctx.error(
            ARGUMENT_BOUNDS,
            expression.span,
            f"`{parameter.name}` of `{function.name}` is {number:g}{unit}, outside {allowed}",
            found=ctx.text(expression.span),
            expected=(allowed + unit,),
            help=f"write a value from {allowed}" if "to" in allowed else f"write {allowed}",
        )
    return number


def _known_before(
    ctx: Context, function: Function, parameter: Parameter, expression: Expression, bound: Bound
) -> tuple[str, tuple[Fix, ...]]:
    """What to write for a value that changes where a constant is expected; `ema(close, 20)` has them in other order."""
    source = next((p for p in function.parameters if p.series and not p.variadic), None)
    if source is None:
        example = f"{function.name}({parameter.name}={parameter.default or '...'})"
        return f"write a literal, as in `{example}`, or a PARAM", ()
    text = ctx.text(expression.span)
    given = bound.get(source.name, [None])[0]
    if not isinstance(given, Number):
        return f"`{parameter.name}` comes first: `{function.name}({parameter.default or '...'}, {text})`", ()
    number = ctx.text(given.span)
    fix = Fix(f"write `{number}, {text}`", (Edit(expression.span, number), Edit(given.span, text)))
    return f"`{parameter.name}` comes first: `{function.name}({number}, {text})`", (fix,)


def _in_unit(parameter: Parameter, value: Value, timeframe: str) -> float | None:
    number = value.constant
    base = value.kind.base
    want = parameter.kind.base if parameter.kind is not None else Base.NUMBER
    if number is None:
        return None
    if want is Base.SPAN:
        if base in (Base.DURATION, Base.BARS):
            return float(max(1, whole_bars(number, base, timeframe))) if number > 0 else number
        return None
    if want is Base.COUNT:
        return number if base is Base.COUNT else None
    if want is Base.NUMBER:
        return number if base in _BARE else None
    if want is Base.BARS:
        return float(whole_bars(number, base, timeframe)) if base is Base.BARS else None
    return number if base is want else None


def _wrong_kind(ctx: Context, function: Function, parameter: Parameter, expression: Expression, value: Value) -> None:
    want = parameter.kind.base if parameter.kind is not None else Base.NUMBER
    text = ctx.text(expression.span)
    end = Span(expression.span.end, expression.span.end)
    fixes: tuple[Fix, ...] = ()
    help = f"write {spoken(parameter.kind) if parameter.kind is not None else 'a number'}"
    example = f", as in `{parameter.default}`" if parameter.default is not None else ""
    if want in (Base.SPAN, Base.BARS) and value.kind.base is Base.COUNT and value.literal:
        fixes = (Fix(f"write `{text} bars`", (Edit(end, " bars"),)),)
        help = f"say `{text} bars`" + (", or a duration such as `1h`" if want is Base.SPAN else "")
    elif want is Base.COUNT and value.kind.base is Base.BARS:
        bare = text.split("bar")[0].strip()
        if bare.isdigit():
            fixes = (Fix(f"write `{bare}`", (Edit(expression.span, bare),), safe=True),)
        help = f"`{parameter.name}` is a plain count{example}"
    elif want is Base.COUNT and value.is_number:
        help = f"`{parameter.name}` is a whole number{example}"
    elif want is Base.PERCENT and value.is_number and value.literal:
        fixes = (Fix(f"write `{text}%`", (Edit(end, "%"),)),)
        help = f"say `{text}%`"
    else:
        help += example
    return ctx.error(
        ARGUMENT_KIND,
        expression.span,
        f"`{parameter.name}` of `{function.name}` takes {_wanted(parameter)}, not {spoken(value.kind)}",
        found=text,
        expected=(_wanted(parameter),),
        help=help,
        fixes=fixes,
    )


def _wanted(parameter: Parameter) -> str:
    if parameter.kind is None:
        return "a number, price, distance or percent"
    return "a whole number" if parameter.kind.base is Base.COUNT else spoken(parameter.kind)
