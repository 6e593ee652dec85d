"""Plans whose entries are forbidden in the middle of a run: order loop and interpreter agree on what they still do."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import account_of, as_rows, can_run, compare, interpreted
from tests.agreement.test_runs import INTERPRETED, RANDOMS, agreement
from tests.oracle.adapt import finest_for
from tests.oracle.cases import Case, random_case
from tests.scenarios.run import prepared
from tests.scenarios.scenario import parse_scenario

HELD = """
about An ADD is no entry, but it opens something.
bars x M1
  09:00-09:10 100.00 100.20  99.80 100.00
plan
  PLAN p TRADE x ON M1
  WHEN time = 09:02 THEN BUY 10 lots STOP 10 pips
  WHEN held >= 3m THEN ADD 50%
  WHEN held >= 5m THEN CLOSE
  WHEN time = 09:09 THEN BUY 10 lots STOP 10 pips
expect
  balance 10000.00
"""


def _span(case: Case, dataset: Dataset) -> tuple[int, int]:
    end = case.world.span[1]
    finest = [dataset.bars(p.market, finest_for(dataset, case.plans, p.market, end=end)) for p in case.plans]
    found = [bars for bars in finest if bars is not None]
    return min(int(bars.open_time[0]) for bars in found), max(int(bars.close_time[-1]) for bars in found)


@agreement
@given(r=RANDOMS, part=st.floats(0.1, 0.9))
def test_the_rest_of_a_run_without_entries(r: Random, part: float) -> None:
    case = random_case(r)
    if not can_run(case):
        return
    account, dataset, end = account_of(case), case.world.dataset, case.world.span[1]
    start, last = _span(case, dataset)
    end = min(end, last)
    cut = start + round((end - start) * part)
    name = case.plans[0].name
    slow, _ = interpreted(case.plans, case.guards, dataset, account, end, {name: cut})
    engine = Engine(dataset, account, catalog(), start, end, INTERPRETED)
    engine.activate(case.plans, case.guards)
    told = engine.advance(cut)
    engine.forbid_entries({name})
    told += engine.advance(end)
    assert compare(slow, as_rows(told, account)) == [], case.text


def test_an_add_is_not_sent_and_an_entry_is_recorded_as_retired() -> None:
    world = prepared(parse_scenario(HELD, "held"))
    bars = world.dataset.bars("x", "M1")
    assert bars is not None
    start, end = int(bars.open_time[0]), int(bars.close_time[-1])
    engine = Engine(world.dataset, world.account, catalog(), start, end, INTERPRETED)
    engine.activate(world.plans, world.guards)
    told = engine.advance(start + 4 * 60_000)
    engine.forbid_entries({"p"})
    told += engine.advance(end)
    rows = as_rows(told, world.account)
    minutes = [((int(str(d[0])) - start) // 60_000, *d[2:4]) for d in rows.decisions]
    # in at 09:02, ADD would be sent at 09:05, out from 09:07 on
    assert minutes == [(2, "entry", "sent"), (7, "close", "sent"), (9, "entry", "retired")]
    assert [(f[3], f[5]) for f in rows.fills] == [("entry", 100), ("close", 100)]
    slow, _ = interpreted(world.plans, world.guards, world.dataset, world.account, end, {"p": start + 4 * 60_000})
    assert compare(slow, rows) == []
