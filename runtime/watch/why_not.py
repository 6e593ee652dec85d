"""Why a plan did nothing at its newest step: what blocked it, and each part of its rules with its figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tradeplan.dsl.graph import CheckedPlan, CheckedRule, Clause, Lane
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Decision, Event
from tradeplan.runtime.engine.reasons import clause_node
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.watch.blocks import Block, blocks
from tradeplan.runtime.watch.figures import Figure, figures, truth_text
from tradeplan.runtime.watch.reading import NO_DATA, TRUE, UNKNOWN, Reading

WARMING = "warming up"


@dataclass(frozen=True, slots=True)
class ClauseState:
    """One part of a rule: TRUE, FALSE, UNKNOWN (then `reason` says why) or `open`; `parts` are its comparisons.

    `lets_pass`: it does not stand in the rule's way; an OPTIONAL part that is UNKNOWN does not.
    """

    text: str
    truth: str
    lets_pass: bool
    optional: bool
    reason: str
    parts: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule at the step. `outcome`: what became of it, by the words of decisions; else `part`, `held`, `first`, `was
    unknown` (an entry has to become TRUE), `true` (a rule without entry) or `open`.
    """

    number: int
    text: str
    entry: bool
    outcome: str
    detail: str
    clauses: tuple[ClauseState, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """A plan at a step (UTC ms; None: it has not stepped yet).

    `state` is one of armed, WARMING, blocked, position, order, retired, put aside.
    """

    plan: str
    version: str
    market: str
    timeframe: str
    step: int | None
    state: str
    blocks: tuple[Block, ...]
    rules: tuple[RuleState, ...]


def why_not(
    engine: Engine,
    name: str,
    told: Iterable[Event] = (),
    retired: Collection[str] = (),
    silenced: Collection[str] = (),
) -> WhyNot | None:
    """Look at a plan of the engine's set; None when it is not there. `told` are the events of its newest step."""
    loop = engine.standing
    owner = None if loop is None else next((o for o in loop.program.plans if o.block.name == name), None)
    if loop is None or owner is None or not isinstance(owner.block, CheckedPlan):
        return None
    plan = owner.block
    reading = Reading(engine, loop, plan, owner.address)
    step = reading.step
    found = blocks(engine, loop, owner, reading.book, float(engine.now if step is None else step), retired)
    if name in silenced:
        found.append(Block("put_aside", "it failed; an edited version is tried again"))
        return WhyNot(name, plan.version, plan.market, plan.timeframe, step, "put aside", tuple(found), ())
    decided = {d.rule: d for d in told if isinstance(d, Decision) and d.plan == name and d.time == step}
    rules = tuple(_rule(reading, engine, plan, r, decided.get(r.number)) for r in plan.rules) if step else ()
    state = _state(loop.f[owner.address + at.F_PHASE], found, rules, step)
    return WhyNot(name, plan.version, plan.market, plan.timeframe, step, state, tuple(found), rules)


def _state(phase: float, found: Collection[Block], rules: Collection[RuleState], step: int | None) -> str:
    kinds = {b.kind for b in found}
    if "retired" in kinds:
        return "retired"
    if phase != at.FLAT:
        return "position" if phase == at.OPEN else "order"
    if found:
        return "blocked"
    warming = [all(not _warms(c) for c in r.clauses) for r in rules if r.entry]
    return "WARMING" if step is None or (warming and not any(warming)) else "armed"


def _warms(clause: ClauseState) -> bool:
    return not clause.lets_pass and clause.reason.startswith(WARMING)


def _rule(
    reading: Reading, engine: Engine, plan: CheckedPlan, rule: CheckedRule, decided: Decision | None
) -> RuleState:
    clauses = tuple(_clause(reading, engine, c, plan.step_lane) for c in rule.clauses)
    entry = rule.entry is not None
    outcome, detail = _outcome(reading, rule, clauses, decided)
    return RuleState(rule.number, rule.text, entry, outcome, detail, clauses)


def _outcome(
    reading: Reading, rule: CheckedRule, clauses: Collection[ClauseState], decided: Decision | None
) -> tuple[str, str]:
    if decided is not None:
        limit = decided.limit
        return decided.outcome, "" if limit is None else f"guard `{limit.guard}`: LIMIT {limit.limit}"
    failing = [c for c in clauses if not c.lets_pass]
    if any(c.truth != "open" for c in failing):
        return "part", ""
    if failing:
        return "open", ""
    if rule.entry is None:
        return "true", ""
    if reading.first:
        return "first", ""
    before = reading.before(rule.condition)
    return ("held", "") if before == TRUE else ("was unknown", "") if before == UNKNOWN else ("open", "")


def _clause(reading: Reading, engine: Engine, clause: Clause, home: Lane) -> ClauseState:
    node = clause_node(clause)
    truth = reading.truth(node)
    passes = truth == TRUE or (clause.optional and truth == UNKNOWN)
    reason = ""
    if truth == UNKNOWN:
        reason = reading.reason(node)
        missing = reading.bars_missing(node) if reason in (WARMING, "no bar yet") else None
        if missing is not None:
            lane, there, needed = missing
            reason = f"{WARMING}: {there} of {needed} bars of {lane.market} {lane.timeframe}"
        lacking = reading.lacking(node) if reason == NO_DATA else None
        if lacking is not None and lacking.lane is not None:
            reason = _no_data(engine, lacking.lane, str(lacking.data[1]))
    parts = tuple(figures(reading, node, engine.catalog, home))
    return ClauseState(clause.text, truth_text(truth), passes, clause.optional, reason, parts)


def _no_data(engine: Engine, lane: Lane, stream: str) -> str:
    """What is lacking where a function reads something beyond bars."""
    data, market = engine.dataset, lane.market
    if stream == "calendar":
        there = stream in data.streams(market)
        return f"{NO_DATA}: {'the calendar does not cover this time' if there else 'there is no calendar'}"
    if stream in data.streams(market) and data.covered(market, lane.timeframe, stream).any():
        return f"{NO_DATA}: {stream} of {market} did not come for all of this time"
    return f"{NO_DATA}: there {'is no book' if stream == 'book' else f'are no {stream}'} of {market}"
