"""Plans of every release still mean what they meant: accepted, and to the cent the same decisions and fills."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest
from tradeplan.runtime.market.dataset import Dataset

from tests.compat.goldens import (
    RELEASES,
    Release,
    checked,
    data_digest,
    data_of,
    decisions,
    markets_of,
    releases,
    text_digest,
)
from tools.release_plans import AlreadyReleased, release_plans

ALL = [(release, plan) for release in releases() for plan in release.plans()]
_DATA: dict[tuple[object, ...], Dataset] = {}


def _data(release: Release, markets: tuple[str, ...]) -> Dataset:
    manifest = release.manifest
    key = (markets, manifest["days"], manifest["seed"])
    if key not in _DATA:
        _DATA[key] = data_of(*key)
    return _DATA[key]


def _name(case: tuple[Release, Path]) -> str:
    return f"{case[0].folder.name}/{case[1].stem}"


def test_there_is_a_release() -> None:
    assert releases() != []
    assert len(ALL) >= 8


@pytest.mark.parametrize("release", releases(), ids=lambda r: r.folder.name)
def test_nobody_has_touched_a_release(release: Release) -> None:
    files = {p.name: text_digest(p) for p in sorted(release.folder.iterdir()) if p.suffix in (".plan", ".decisions")}
    assert files == release.manifest["files"], "a release is never rewritten: add a new one with tools/release_plans.py"


@pytest.mark.parametrize("case", ALL, ids=_name)
def test_the_data_are_those_of_the_release(case: tuple[Release, Path]) -> None:
    release, plan = case
    markets = markets_of(checked(plan.name, plan.read_text(encoding="utf-8")))
    assert data_digest(_data(release, markets)) == release.manifest["data"][plan.name], (
        "the simulator gives other bars or news than at the release, so that decisions prove nothing"
    )


@pytest.mark.parametrize("case", ALL, ids=_name)
def test_an_old_plan_still_decides_as_it_did(case: tuple[Release, Path]) -> None:
    release, plan = case
    found = checked(plan.name, plan.read_text(encoding="utf-8"))
    now = decisions(found, _data(release, markets_of(found)))
    then = release.golden(plan)
    differences = list(difflib.unified_diff(then, now, "released", "now", lineterm="", n=0))
    assert not differences, "\n".join(differences[:20])


def test_the_plans_of_a_release_did_something() -> None:
    for release in releases():
        traded = [plan.stem for plan in release.plans() if any(" fill " in line for line in release.golden(plan))]
        assert len(traded) >= 4, f"{release.folder.name}: only {traded} traded"


def test_a_release_is_added_once_and_never_rewritten(tmp_path: Path) -> None:
    text = "PLAN p\nTRADE usdjpy ON M15\nWHEN rsi(14) CROSSES ABOVE 30 THEN BUY RISK 0.5% STOP 2 ATR TARGET 1R\n"
    release_plans("9.9.9", {"p.plan": text}, tmp_path, days=5)
    made = Release(tmp_path / "9.9.9")
    assert any(" decision p 0 entry sent " in line for line in made.golden(made.plans()[0]))
    assert set(json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))) == {
        "version",
        "days",
        "seed",
        "data",
        "files",
    }
    with pytest.raises(AlreadyReleased, match=r"9\.9\.9"):
        release_plans("9.9.9", {"p.plan": text}, tmp_path, days=5)
    assert RELEASES.is_dir()
