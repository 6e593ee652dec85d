"""Actions other than BUY and SELL: CLOSE, ADD, MOVE STOP, CANCEL, HALT, FLATTEN, ALERT."""

from __future__ import annotations

from tradeplan.dsl.check.amounts import percent, time_span
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.entries import LEVEL_KIND, entry
from tradeplan.dsl.check.value import spoken
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.graph import (
    AddAction,
    AlertAction,
    CancelAction,
    CloseAction,
    FlattenAction,
    HaltAction,
    MoveStopAction,
    RuleAction,
)
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.nodes import Action, Add, Alert, Cancel, Close, Enter, Flatten, Halt, MoveStop
from tradeplan.dsl.source import Span

ACTION_MIX = diagnostic_kind("action-mix", "a rule enters or manages, not both, and does each thing once")
PROBE_PLACE = diagnostic_kind("probe-place", "PROBE follows the FOR of a guard's HALT")
GUARD_ACTION = diagnostic_kind("guard-action", "a guard knows HALT, FLATTEN and ALERT")

_WORDS = {
    Enter: "BUY or SELL",
    Close: "CLOSE",
    Add: "ADD",
    MoveStop: "MOVE STOP",
    Cancel: "CANCEL",
    Halt: "HALT",
    Flatten: "FLATTEN",
    Alert: "ALERT",
}


def check_actions(ctx: Context, actions: tuple[Action, ...]) -> tuple[RuleAction, ...] | None:
    """All actions of a rule; None if one is broken."""
    _check_mix(ctx, actions)
    made = [_action(ctx, a) for a in actions]
    good = [a for a in made if a is not None]
    return tuple(good) if len(good) == len(made) else None


def _action(ctx: Context, action: Action) -> RuleAction | None:
    if ctx.home is None and not isinstance(action, Halt | Flatten | Alert):
        return ctx.error(
            GUARD_ACTION,
            action.span,
            f"a guard cannot {_WORDS[type(action)]}",
            found=_WORDS[type(action)],
            expected=("HALT", "FLATTEN", "ALERT"),
            help="write HALT or FLATTEN, which act on the plans it covers, or put the rule into a PLAN",
        )
    match action:
        case Enter():
            return entry(ctx, action)
        case Close():
            part = 100.0 if action.amount is None else percent(ctx, action.amount, "CLOSE")
            return None if part is None else CloseAction(part, action.span)
        case Add():
            part = percent(ctx, action.amount, "ADD")
            return None if part is None else AddAction(part, action.span)
        case MoveStop():
            return _move_stop(ctx, action)
        case Cancel():
            return CancelAction(action.span)
        case Halt():
            return _halt(ctx, action)
        case Flatten():
            return FlattenAction(action.span)
        case Alert():
            return AlertAction(action.text, action.span)


def _halt(ctx: Context, action: Halt) -> HaltAction | None:
    span = None if action.amount is None else time_span(ctx, action.amount, "HALT FOR")
    probe = 0.0 if action.probe is None else percent(ctx, action.probe, "PROBE", "the size of the entry that is let in")
    if action.probe is not None:
        place = Span(action.span.start, action.probe.span.end)
        if ctx.home is not None:
            return ctx.error(
                PROBE_PLACE,
                place,
                "PROBE belongs to a guard: a plan that halts itself has no one to let it try",
                found=ctx.text(place),
                expected=("HALT FOR 1h",),
                help="leave PROBE out, or move the rule into a GUARD that COVERS this plan",
            )
        if action.amount is None:
            return ctx.error(
                PROBE_PLACE,
                place,
                "PROBE says what happens after the time of FOR, and this HALT has none",
                found=ctx.text(place),
                expected=(f"HALT FOR 1h PROBE {ctx.text(action.probe.span)}",),
                help="write how long nothing enters, `HALT FOR 1h PROBE 25%`; without FOR a person ends the halt",
            )
    if probe is None or (action.amount is not None and span is None):
        return None
    return HaltAction(span, action.span, probe)


def _move_stop(ctx: Context, action: MoveStop) -> MoveStopAction | None:
    value = ctx.value(action.to, ctx.home)
    if value is None or ctx.home is None:
        return None
    market = ctx.home.facts.name
    if (value.kind.base is Base.PRICE and value.kind.of == market) or (value.is_number and value.literal):
        return MoveStopAction(ctx.on(value.node, ctx.step_lane), action.span)
    text = ctx.text(action.to.span)
    help = "write a price: `entry`, `low - 2 pips`"
    if value.kind.base in (Base.DISTANCE, Base.R_MULTIPLE, Base.PERCENT):
        help = f"say from where it is measured: `entry + {text}`, `close - {text}`, or `trail({text})` if it follows"
    return ctx.error(
        LEVEL_KIND,
        action.to.span,
        f"MOVE STOP TO takes a price of {market}, not {spoken(value.kind)}",
        found=spoken(value.kind),
        expected=(f"a price of {market}",),
        help=help,
    )


def _check_mix(ctx: Context, actions: tuple[Action, ...]) -> None:
    enters = any(isinstance(a, Enter) for a in actions)
    seen: set[type[Action]] = set()
    for action in actions:
        word = _WORDS[type(action)]
        if enters and not isinstance(action, Enter | Alert):
            ctx.error(
                ACTION_MIX,
                action.span,
                f"{word} does not stand in a rule with BUY or SELL",
                found=word,
                expected=("ALERT",),
                help=f"write a rule of its own: `WHEN ... THEN {word} ...`",
            )
        elif type(action) in seen and not isinstance(action, Alert):
            ctx.error(
                ACTION_MIX,
                action.span,
                f"{word} stands twice in this rule",
                found=word,
                help="leave one of them out, or write a second rule",
            )
        seen.add(type(action))
