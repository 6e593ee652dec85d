"""What a run says of itself when it begins or goes on."""

from __future__ import annotations

from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.live.activation import Active
from tradeplan.runtime.live.words import count_text, time_text


def first_words(engine: Engine, active: Active, continued: bool, currency: str, account: str = "") -> list[str]:
    """Where it stands, on which bars it is tested, and what is open; `account`: whose balance a new run takes over."""
    ends = "the feed goes on" if engine.dataset.grows else f"the feed ends at {time_text(engine.end)} UTC"
    plans, guards = count_text(len(active.plans), "plan"), count_text(len(active.guards), "guard")
    came, money = "goes on" if continued else "begins", f"balance {engine.balance:.2f} {currency}"
    if account and not continued:
        money = f"its balance will be that of {account}"
    said = [f"{came} at {time_text(engine.now)} UTC with {plans} and {guards}; {money}; {ends}"]
    if engine.tested_on:
        tested = ", ".join(f"{market} {timeframe}" for market, timeframe in engine.tested_on.items())
        said.append(f"fills, stops and targets are tested on {tested}")
    for p in engine.positions():
        said.append(f"open: `{p.plan}` {p.lots:g} lots of {p.market} from {p.entry:g}, stop {p.stop:g}")
    if not active.plans:
        said.append("no plan of the folder can run yet: nothing is traded until one can")
    return said
