"""Whole random cases: a world, plan texts for it, and what the checker made of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.stdlib.registry import catalog

from tests.oracle.markets import RandomWorld, random_world
from tests.oracle.plans import random_guard, random_plan

_TIMEFRAMES = {"M1": ("M1", "M5"), "M5": ("M5", "M15"), "M15": ("M15", "H1")}


@dataclass(frozen=True)
class Case:
    """A random case; `refused` holds the checker's errors, of which there should be none."""

    world: RandomWorld
    text: str
    plans: tuple[CheckedPlan, ...]
    guards: tuple[CheckedGuard, ...]
    refused: tuple[str, ...]
    netting: bool
    stop_out: float


def random_case(r: Random, plans: int = 2) -> Case:
    """Some plans on `red` and `blue`, often a guard or two."""
    world = random_world(r)
    fine, coarse = _TIMEFRAMES[world.finest]
    texts = []
    for i in range(plans):
        market, other = ("red", "blue") if r.random() < (0.8 if i == 0 else 0.5) else ("blue", "red")
        timeframe = r.choice([fine, fine, coarse])
        views = {"": market, f"{other}.": other, f"{coarse}.": market, f"{other}.{coarse}.": other}
        views |= {"H1.": market, f"{other}.H1.": other, "D1.": market}
        texts.append(random_plan(r, f"p{i}", market, timeframe, views, world.scale))
    if r.random() < 0.5:
        views = [f"{m}.{t}" for m in ("red", "blue") for t in (fine, coarse, "H1")]
        texts += [random_guard(r, name, [f"p{i}" for i in range(plans)], views) for name in r.choice(["g", "g", "gh"])]
    text = "\n".join(texts)
    checked = check_source(Source("random", text), catalog(), world.facts, Graph())
    refused = tuple(
        f"{d.code}: {d.message} in `{text[d.span.start : d.span.end]}`"
        for d in checked.diagnostics
        if d.severity is Severity.ERROR
    )
    alone = len({p.market for p in checked.plans}) == len(checked.plans)  # a netting account has one plan a market
    netting = r.random() < 0.3 and alone
    return Case(world, text, checked.plans, checked.guards, refused, netting, r.choice([50.0, 100.0, 150.0]))
