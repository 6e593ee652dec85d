"""Whether an edit only reduces risk, so that it needs nobody's word: everything else waits to be armed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tradeplan.dsl.graph import (
    AddAction,
    AlertAction,
    CheckedGuard,
    CheckedLimit,
    CheckedPlan,
    CheckedRule,
    CloseAction,
    EntryAction,
    HaltAction,
    Level,
    LevelKind,
    LimitKind,
    Op,
    RuleAction,
    SizeKind,
    TimeSpan,
)
from tradeplan.runtime.engine.moving import same_action


def only_reduces(old: CheckedPlan, new: CheckedPlan) -> bool:
    """Whether a version opens nothing that the old one would not, no larger, and keeps every exit.

    One edit that does more than that makes the whole version one that waits. Conditions are not weighed against each
    other: an entry or exit whose condition is another one counts as new.
    """
    if (old.market, old.side, old.step_lane) != (new.market, new.side, new.step_lane):
        return False
    return _limits_tighten(old, new) and _entries_reduce(old.rules, new.rules) and _exits_stay(old.rules, new.rules)


def guard_only_reduces(old: CheckedGuard, new: CheckedGuard) -> bool:
    """Whether a guard covers at least what it covered, with every limit as low and every breaker as strict."""
    if old.plans or old.markets:
        wider = not (new.plans or new.markets)
        if not wider and not (set(old.plans) <= set(new.plans) and set(old.markets) <= set(new.markets)):
            return False
    elif new.plans or new.markets:
        return False
    return all(any(_lower(x, y) for y in new.limits) for x in old.limits) and _exits_stay(old.rules, new.rules)


def _limits_tighten(old: CheckedPlan, new: CheckedPlan) -> bool:
    if old.once and not new.once:
        return False
    if old.max_count and not (0 < new.max_count <= old.max_count and new.max_span == old.max_span):
        return False
    if old.expires is not None and (new.expires is None or new.expires > old.expires):
        return False
    return old.cooldown is None or (new.cooldown is not None and _as_long(old.cooldown, new.cooldown))


def _entries_reduce(old: Sequence[CheckedRule], new: Sequence[CheckedRule]) -> bool:
    """Every entry is one of before, in the same order (the topmost wins), and no larger."""
    before = [r for r in old if r.entry is not None]
    for rule in (r for r in new if r.entry is not None):
        while before and not _smaller(before[0], rule):
            before.pop(0)
        if not before:
            return False
        before.pop(0)
    return True


def _smaller(old: CheckedRule, new: CheckedRule) -> bool:
    a, b = old.entry, new.entry
    assert a is not None
    assert b is not None
    if old.condition is not new.condition or not _others_stay(old, new):
        return False
    if (a.side, a.order, a.price, a.size_kind) != (b.side, b.order, b.price, b.size_kind) or b.size > a.size:
        return False
    if a.valid != b.valid and (a.valid is None or b.valid is None or not _as_long(b.valid, a.valid)):
        return False
    # a tighter stop makes a position that is sized by RISK larger: the same is lost at it, and more in a gap
    nearer = a.size_kind is SizeKind.LOTS and _nearer(a.stop, b.stop)
    return (_equal(a.stop, b.stop) or nearer) and _targets_stay(a, b)


def _targets_stay(a: EntryAction, b: EntryAction) -> bool:
    """TARGET and TAKEs are those of before, or were added, or the TARGET is nearer."""
    if a.target is not None and (b.target is None or not (_equal(a.target, b.target) or _nearer(a.target, b.target))):
        return False
    kept = [(t.percent, t.at.kind, t.at.value) for t in a.takes]
    return not kept or kept == [(t.percent, t.at.kind, t.at.value) for t in b.takes]


def _others_stay(old: CheckedRule, new: CheckedRule) -> bool:
    return _actions_reduce(_without_entry(old), _without_entry(new))


def _without_entry(rule: CheckedRule) -> list[RuleAction]:
    return [a for a in rule.actions if not isinstance(a, EntryAction | AlertAction)]


def _exits_stay(old: Sequence[CheckedRule], new: Sequence[CheckedRule]) -> bool:
    """Every rule of before that closes, cancels, halts or moves the stop is there; no ADD is new or larger."""
    free = [r for r in new if r.entry is None]
    for rule in (r for r in old if r.entry is None):
        actions = _without_entry(rule)
        same = next(
            (r for r in free if r.condition is rule.condition and _actions_reduce(actions, _without_entry(r))), None
        )
        if same is not None:
            free.remove(same)
        elif any(not isinstance(a, AddAction) for a in actions):
            return False
    return not any(isinstance(a, AddAction) for r in free for a in r.actions)


def _actions_reduce(old: Iterable[RuleAction], new: Iterable[RuleAction]) -> bool:
    """Whether the actions of a rule take off at least what they took off, and add no more."""
    old, free = list(old), list(new)
    for action in old:
        found = next((b for b in free if _no_less(action, b)), None)
        if found is not None:
            free.remove(found)
        elif not isinstance(action, AddAction):
            return False
    return not any(isinstance(a, AddAction) for a in free)


def _no_less(a: RuleAction, b: RuleAction) -> bool:
    match a, b:
        case AddAction(percent=x), AddAction(percent=y):
            return y <= x
        case CloseAction(percent=x), CloseAction(percent=y):
            return y >= x
        case HaltAction(), HaltAction():
            if a.duration is None or b.duration is None:
                return b.duration is None
            return _as_long(a.duration, b.duration) and (a.probe == 0.0 or 0.0 < b.probe <= a.probe)
        case _:
            return same_action(a, b)


def _lower(old: CheckedLimit, new: CheckedLimit) -> bool:
    about = [(x.kind, x.target, x.threshold, x.window) for x in (old, new)]
    lower = new.bound >= old.bound if old.kind is LimitKind.MARGIN_LEVEL else new.bound <= old.bound
    return about[0] == about[1] and lower


def _as_long(a: TimeSpan, b: TimeSpan) -> bool:
    """Whether `b` is at least as long as `a`; spans of the calendar only compare with themselves."""
    return a == b or (not a.calendar and not b.calendar and b.milliseconds >= a.milliseconds)


def _equal(a: Level, b: Level) -> bool:
    return a.kind is b.kind and a.value is b.value


def _nearer(a: Level, b: Level) -> bool:
    """Whether a level that is given as a fixed distance lies nearer to the fill now."""
    fixed = a.kind is not LevelKind.PRICE and a.value.op is Op.CONST and b.value.op is Op.CONST
    return a.kind is b.kind and fixed and float(str(b.value.data[0])) <= float(str(a.value.data[0]))
