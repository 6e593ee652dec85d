"""Valid plans to begin with: the examples of the project, those of its pages, and plans made at random."""

from __future__ import annotations

from functools import cache
from random import Random

from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import Checked, check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.docs.blocks import ROOT, blocks, documents
from tests.oracle.plans import random_guard, random_plan

VIEWS = {"": "eurusd", "M15.": "eurusd", "H1.": "eurusd", "gold.": "gold", "dxy.H1.": "dxy"}
_MARKETS = load_facts()


def check(text: str) -> Checked:
    """The text checked as `plan check` does, over the standard library and the shipped markets."""
    return check_source(Source("edited.plan", text), catalog(), _MARKETS, Graph())


def generated(seed: int, count: int) -> list[str]:
    """Plans and guards made at random, each of them valid and with a name of its own."""
    rng = Random(seed)
    found: list[str] = []
    while len(found) < count:
        name = f"p{len(found)}"
        if rng.random() < 0.1:
            text = random_guard(rng, name, [f"p{len(found) - 1}"], ["eurusd.M5", "eurusd.H1"])
        else:
            views = {view: market for view, market in VIEWS.items() if not view or rng.random() < 0.5}
            text = random_plan(rng, name, "eurusd", "M5", views, 10.0)
        if check(text).ok:
            found.append(text)
    return found


@cache
def written() -> tuple[str, ...]:
    """The plans that people wrote: `plans/` and the pages."""
    texts = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "plans").glob("*.plan"))]
    for page in documents():
        texts += [b.source for b in blocks(page) if b.words[0] in {"plan", "plan-part"}]
    return tuple(text for text in texts if check(text).ok)
