"""LIMIT of a guard, and the readings of what many plans hold together: exposure by market or currency."""

from __future__ import annotations

from tradeplan.dsl.check.amounts import NOT_AN_AMOUNT, amount, bars_of
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import spoken
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.format.statement import one_line
from tradeplan.dsl.graph import CheckedLimit, LimitKind
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.nodes import Argument, Cap, Compare, Expression, Member, Name, Number, Quantity

LIMIT_READING = diagnostic_kind("limit-reading", "LIMIT bounds a reading of the account that an entry changes")
LIMIT_SIGN = diagnostic_kind("limit-sign", "LIMIT says the most that is allowed, of the margin level the least")
LIMIT_BOUNDS = diagnostic_kind("limit-bounds", "a LIMIT lets some entries through")
EXPOSURE_OF = diagnostic_kind("exposure-of", "exposure is that of everything, of a traded market or of a currency")
CORRELATED_ARGUMENTS = diagnostic_kind("correlated-arguments", "correlated_risk takes a threshold and a window")

CORRELATION_TIMEFRAME = "H1"
THRESHOLD, WINDOW = 0.7, 240
_SHORTEST, _LONGEST = 10, 5_000
_ACCOUNT = tuple(f"account.{kind}" for kind in LimitKind)
_SPELLED = "account.correlated_risk(threshold=0.7, window=240 bars)"


def exposure_target(ctx: Context, expression: Member) -> str | None:
    """What an exposure is about: "" for everything, `market:btc`, `currency:USD`; None after a mistake."""
    if expression.call is None:
        return ""
    arguments = expression.call.arguments
    named = arguments[0].value if len(arguments) == 1 else None
    if not isinstance(named, Name) or named.call is not None:
        return ctx.error(
            EXPOSURE_OF,
            expression.call.span,
            "`account.exposure` takes one market or currency, or nothing",
            found=ctx.text(expression.span),
            expected=("account.exposure", "account.exposure(usd)", "account.exposure(btc)"),
            help="write `account.exposure(usd)` for the net exposure to a currency",
        )
    facts = ctx.markets.get(named.name)
    if facts is not None and facts.tradable:
        return f"market:{facts.name}"
    currencies = _currencies(ctx)
    if facts is None and named.name in currencies:
        return f"currency:{named.name.upper()}"
    tradable = [name for f in ctx.markets if f.tradable for name in f.names]
    near, help, fixes = hint(ctx, named.name, [*tradable, *currencies], named.span)
    what = "is only read, never traded" if facts is not None else "is neither a traded market nor a currency of one"
    return ctx.error(
        EXPOSURE_OF,
        named.span,
        f"`{named.name}` {what}",
        found=named.name,
        expected=near or ("a traded market", *currencies),
        help=help or f"currencies are {', '.join(currencies)}",
        fixes=fixes,
    )


def _currencies(ctx: Context) -> list[str]:
    """The currencies of the traded markets as they are written in plans."""
    codes = {c for f in ctx.markets if f.tradable for c in (f.base_currency, f.quote_currency)}
    return sorted(c.lower() for c in codes if c)


def check_cap(ctx: Context, item: Cap) -> CheckedLimit | None:
    """One LIMIT; None after a mistake."""
    reading = item.reading
    of_account = isinstance(reading, Member) and isinstance(reading.base, Name) and reading.base.name == "account"
    if not isinstance(reading, Member) or not of_account or reading.name not in tuple(LimitKind):
        return ctx.error(
            LIMIT_READING,
            reading.span,
            f"LIMIT cannot bound `{ctx.text(reading.span)}`: an entry does not change it",
            found=ctx.text(reading.span),
            expected=_ACCOUNT,
            help="write `LIMIT account.worst_loss <= 3%`; what has happened already trips a rule: "
            "`WHEN account.drawdown(day) > 5% THEN HALT`",
        )
    kind = LimitKind(reading.name)
    sign = ">=" if kind is LimitKind.MARGIN_LEVEL else "<="
    if item.operator != sign:
        text = f"LIMIT {ctx.text(reading.span)} {sign} {ctx.text(item.amount.span)}"
        return ctx.error(
            LIMIT_SIGN,
            item.span,
            f"LIMIT says the {'least' if sign == '>=' else 'most'} that `{reading.name}` may be: `{sign}`",
            found=item.operator,
            expected=(sign,),
            help=f"write `{text}`",
            fixes=(Fix(f"write `{text}`", (Edit(item.span, text),)),),
        )
    bound = _bound(ctx, item, kind)
    target: str | None = ""
    numbers: tuple[float, int] | None = (0.0, 0)
    if kind is LimitKind.EXPOSURE:
        target = exposure_target(ctx, reading)
    elif kind is LimitKind.CORRELATED_RISK:
        numbers = _correlation(ctx, reading)
    elif reading.call is not None:
        return ctx.error(
            LIMIT_READING,
            reading.call.span,
            f"`account.{reading.name}` takes no arguments",
            found=ctx.text(reading.span),
            expected=(f"account.{reading.name}",),
            help=f"write `account.{reading.name}`",
        )
    if bound is None or target is None or numbers is None:
        return None
    return CheckedLimit(kind, bound, one_line(item), item.span, target, *numbers)


def _bound(ctx: Context, item: Cap, kind: LimitKind) -> float | None:
    value = amount(ctx, item.amount)
    if value is None:
        return None
    number, text = value.constant, ctx.text(item.amount.span)
    if value.kind.base is not Base.PERCENT or number is None:
        return ctx.error(
            NOT_AN_AMOUNT,
            item.amount.span,
            f"LIMIT takes a percent{'' if kind is LimitKind.MARGIN_LEVEL else ' of equity'}, not {spoken(value.kind)}",
            found=text,
            expected=("a percent", "a PARAM that is one"),
            help=f"write `LIMIT account.{kind} {item.operator} 3%`",
        )
    if not 0 < number <= 100_000:
        return ctx.error(
            LIMIT_BOUNDS,
            item.amount.span,
            f"a LIMIT of `{text}` {'lets nothing through' if number <= 0 else 'is no limit'}",
            found=text,
            expected=("above 0%", "at most 100000%"),
            help="write a percent that some entries keep; to stop all of them HALT",
        )
    return number


def _correlation(ctx: Context, reading: Member) -> tuple[float, int] | None:
    """Threshold and window of `account.correlated_risk`."""
    given: dict[str, Expression] = {}
    for place, argument in enumerate(reading.call.arguments if reading.call is not None else ()):
        name, value = _named(argument)
        name = name or ("threshold", "window", "")[min(place, 2)]
        if name not in ("threshold", "window") or name in given:
            return _wrong(ctx, argument.value, "takes a threshold and a window, each once")
        given[name] = value
    threshold, window = THRESHOLD, WINDOW
    if (written := given.get("threshold")) is not None:
        if not isinstance(written, Number) or not 0 < written.value <= 1:
            return _wrong(ctx, written, "takes a threshold above 0 and up to 1")
        threshold = written.value
    if (length := given.get("window")) is not None:
        if not isinstance(length, Quantity | Name):
            return _wrong(ctx, length, "takes its window as a span")
        bars = bars_of(ctx, length, CORRELATION_TIMEFRAME, "`account.correlated_risk`")
        if bars is None:
            return None
        if not _SHORTEST <= bars <= _LONGEST:
            return _wrong(ctx, length, f"looks at {_SHORTEST} to {_LONGEST} bars of {CORRELATION_TIMEFRAME}")
        window = bars
    return threshold, window


def _named(argument: Argument) -> tuple[str, Expression]:
    value = argument.value
    if isinstance(value, Compare) and value.op == "=" and isinstance(value.left, Name) and value.left.call is None:
        return value.left.name, value.right
    return "", value


def _wrong(ctx: Context, expression: Expression, what: str) -> None:
    return ctx.error(
        CORRELATED_ARGUMENTS,
        expression.span,
        f"`account.correlated_risk` {what}",
        found=ctx.text(expression.span),
        expected=(_SPELLED,),
        help=f"write `{_SPELLED}`",
    )
