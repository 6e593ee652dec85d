"""A run beside the backtest of the same plans: decisions that differ, and what fills cost or gave in points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tradeplan.runtime.engine.events import Decision, Event, Fill
from tradeplan.runtime.watch.past import PastJournal, World
from tradeplan.runtime.watch.rerun import Rerun

_OPENS = ("entry", "add")


class Decided(NamedTuple):
    """A decision, without its figures; `rule` counts from 0, -1: no single rule."""

    time: int
    plan: str
    rule: int
    about: str
    outcome: str


class Filled(NamedTuple):
    """A fill as both sides know it."""

    time: int
    plan: str
    leg: int
    reason: str
    price: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A plan's decision about one thing at one step: what became of it in the run, and in the backtest; None: none."""

    time: int
    plan: str
    rule: int
    about: str
    run: str | None
    backtest: str | None


@dataclass(frozen=True, slots=True)
class Slippage:
    """Fills of one plan and reason that both have, in points against the trader (negative: better than expected)."""

    plan: str
    reason: str
    fills: int
    mean: float
    worst: float
    total: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result; `only_run` and `only_backtest` count fills that the other side has not."""

    reached: int
    decisions: int
    differences: tuple[Difference, ...]
    fills: int
    only_run: int
    only_backtest: int
    slippage: tuple[Slippage, ...]


def compare(journal: PastJournal, world: World) -> Comparison:
    """Compare a run, as far as it has come, with the backtest of its plans. Raises StoreError."""
    told = Rerun(journal, world).events()
    kept_from = journal.kept_from()

    def counts(d: Decided) -> bool:
        return d.outcome == "sent" or d.time >= kept_from  # refused ones are forgotten after a while

    run = [d for d in (Decided(*row) for row in journal.decisions()) if counts(d)]
    backtest = [d for d in _decided(told) if counts(d)]
    sides = {p.name: (p.side, world.dataset.profile(p.market).point) for p in journal.plans(world)}
    fills = [Filled(*row) for row in journal.fills()], [_fill(e) for e in told if isinstance(e, Fill)]
    ours, theirs = _by_position(fills[0], run), _by_position(fills[1], backtest)
    return Comparison(
        journal.reached(),
        len(run),
        tuple(_differences(run, backtest)),
        len(fills[0]),
        sum(len(v) for k, v in ours.items()) - sum(min(len(v), len(theirs.get(k, ()))) for k, v in ours.items()),
        sum(len(v) for k, v in theirs.items()) - sum(min(len(v), len(ours.get(k, ()))) for k, v in theirs.items()),
        tuple(_slippage(ours, theirs, lambda plan: sides[plan])),
    )


def _decided(told: Iterable[Event]) -> Iterable[Decided]:
    return (Decided(e.time, e.plan, e.rule, e.about, e.outcome) for e in told if isinstance(e, Decision))


def _fill(event: Fill) -> Filled:
    return Filled(event.time, event.plan, event.leg, event.reason, event.price)


def _differences(run: Iterable[Decided], backtest: Iterable[Decided]) -> list[Difference]:
    """By time, plan and rule; an outcome that differs is one difference, not two."""
    mine, theirs = _outcomes(run), _outcomes(backtest)
    found: list[Difference] = []
    for key in sorted({*mine, *theirs}):
        a, b = (
            sorted(mine.get(key, set()) - theirs.get(key, set())),
            sorted(theirs.get(key, set()) - mine.get(key, set())),
        )
        for i in range(max(len(a), len(b))):
            found.append(Difference(*key, a[i] if i < len(a) else None, b[i] if i < len(b) else None))
    return found


def _outcomes(decided: Iterable[Decided]) -> dict[tuple[int, str, int, str], set[str]]:
    found: dict[tuple[int, str, int, str], set[str]] = defaultdict(set)
    for d in decided:
        found[d.time, d.plan, d.rule, d.about].add(d.outcome)
    return found


_Place = tuple[str, int, str, int]


def _by_position(fills: Iterable[Filled], decided: Iterable[Decided]) -> Mapping[_Place, list[Filled]]:
    """Fills by plan, the decision that opened their position, reason and leg: so both sides call the same thing."""
    opened = defaultdict(list)
    for d in decided:
        if d.about == "entry" and d.outcome == "sent":
            opened[d.plan].append(d.time)
    position: dict[str, int] = {}
    found: dict[_Place, list[Filled]] = defaultdict(list)
    for fill in sorted(fills, key=lambda f: f.time):
        if fill.reason == "entry":
            position[fill.plan] = max((t for t in opened[fill.plan] if t <= fill.time), default=0)
        found[fill.plan, position.get(fill.plan, 0), fill.reason, fill.leg].append(fill)
    return found


def _slippage(
    ours: Mapping[_Place, list[Filled]],
    theirs: Mapping[_Place, list[Filled]],
    about: Callable[[str], tuple[int, float]],
) -> list[Slippage]:
    points: dict[tuple[str, str], list[float]] = defaultdict(list)
    for place, fills in ours.items():
        plan, _, reason, _ = place
        side, point = about(plan)
        against = side if reason in _OPENS else -side
        for mine, other in zip(fills, theirs.get(place, ()), strict=False):  # what only one side has is counted apart
            points[plan, reason].append(round(against * (mine.price - other.price) / point, 6))
    return [
        Slippage(plan, reason, len(found), sum(found) / len(found), max(found), sum(found))
        for (plan, reason), found in sorted(points.items())
    ]
