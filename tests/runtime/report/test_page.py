"""The page says what the JSON says, asks nothing of the network, and runs nothing that a plan's text brought along."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.report import page as page_module
from tradeplan.runtime.report.html import number

from tests.runtime.report.world import HOSTILE, Page, page, run

VENDOR = files(page_module.__package__).joinpath("vendor")
LIBRARY = VENDOR.joinpath("lightweight-charts.standalone.production.js").read_text(encoding="utf-8")
ADDRESS = re.compile(r"https?://[^\s\"'`<>)$?]*")


def test_the_result_in_the_page_is_the_result() -> None:
    result, _ = run()
    # through JSON once, so that tuples are lists on both sides; floats survive it exactly
    assert Page(page()).json("result-json") == json.loads(json.dumps(result.as_dict()))


def test_the_analysis_in_the_page_is_the_analysis() -> None:
    result, _ = run()
    assert Page(page()).json("analysis-json") == json.loads(json.dumps(analyse(result).as_dict()))


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


@pytest.mark.parametrize("analysed", [True, False])
def test_every_written_figure_is_the_one_in_the_json(analysed: bool) -> None:
    read = Page(page(analysed))
    blocks = {"result": read.json("result-json")} | ({"analysis": read.json("analysis-json")} if analysed else {})
    keyed = [(a["data-key"], a["value"], text) for a, text in read.figures if a.get("data-key")]
    assert len(keyed) > (60 if analysed else 25)
    for key, exact, written in keyed:
        block, *path = str(key).split("/")
        value = _at(blocks[block], path)
        assert json.loads(str(exact)) == value, key
        plain = written.replace("\N{MINUS SIGN}", "-").replace(",", "").replace("+", "")
        share = written.endswith("%") and not str(key).endswith(("percent", "drawdown"))
        shown = float(plain.rstrip("%"))
        digits = len(plain.rstrip("%").partition(".")[2])
        assert shown == pytest.approx(value * (100 if share else 1), abs=0.5000001 * 10**-digits), key


def test_headline_by_hand() -> None:
    # entry 1.1011 + 0.0001 spread + 0.00001 slip; 22 units leave at 1.1040, 21 at the moved stop, a slip below entry:
    # 22 x 1000 x 0.00279 = 61.38 and 21 x 1000 x -0.00001 = -0.21; commission at 3.50 a lot and side is 0.77 for 0.22
    # lots and 0.74 (0.735) for 0.21, each in and out: 3.02. So 61.38 - 0.21 - 3.02 = 58.15
    figures = {a.get("data-key"): text for a, text in Page(page()).figures}
    assert figures["result/performance/net"] == "+58.15"
    assert figures["result/equity"] == "10,058.15"
    assert figures["result/performance/trades"] == "1"
    assert figures["result/performance/win_rate"] == "100.0%"


def test_no_request_leaves_the_page() -> None:
    own = page().replace(LIBRARY, "")
    assert len(page()) - len(own) == len(LIBRARY)
    assert set(ADDRESS.findall(own)) == {"https://www.tradingview.com/"}  # the link that the chart's licence asks for
    assert {a.rstrip("/") for a in ADDRESS.findall(LIBRARY)} == {
        "http://www.w3.org/2000/svg",
        "https://www.apache.org/licenses/LICENSE-2.0",
        "https://www.tradingview.com",
    }
    for tag, attributes in Page(page()).attributes:
        assert "src" not in attributes, tag
        assert tag not in ("link", "iframe", "object", "embed", "base", "form"), tag
    assert not re.search(r"@import|url\(", own)


def test_the_policy_names_the_very_scripts_and_style() -> None:
    read = Page(page())
    metas = (a for tag, a in read.attributes if tag == "meta")
    policy = next(str(a["content"]) for a in metas if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    run_scripts = [text for attributes, text in read.scripts if attributes.get("type") != "application/json"]
    assert len(run_scripts) == 2
    for text in run_scripts:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    # browsers refuse style attributes under this policy, so the page has none
    assert all("style" not in a for _, a in read.attributes)


@pytest.mark.parametrize("analysed", [True, False])
def test_hostile_text_stays_text(analysed: bool) -> None:
    read = Page(page(analysed))
    assert read.tags.count("script") == (5 if analysed else 4)
    assert "img" not in read.tags
    assert not [a for _, attributes in read.attributes for a in attributes if a.startswith("on")]
    result = read.json("result-json")
    assert [a["text"] for a in result["alerts"]] == [HOSTILE]
    assert (
        page(analysed).count("&lt;/script&gt;&lt;script&gt;alert(1)") >= 4
    )  # setting, comment, title, alert of the text


def test_the_notice_of_the_chart_library_is_shown() -> None:
    notice = VENDOR.joinpath("NOTICE").read_text(encoding="utf-8").splitlines()
    assert notice[0] in page()
    assert notice[1].split(" https://")[0] in page()
    assert "Apache License" in VENDOR.joinpath("LICENSE").read_text(encoding="utf-8")


def test_same_run_same_page() -> None:
    first = page()
    page.cache_clear()
    assert page() == first


def test_numbers_as_people_read_them() -> None:
    assert number(-1234.5, "signed") == "\N{MINUS SIGN}1,234.50"
    assert number(0.004, "signed") == "0.00"
    assert number(-0.004, "signed") == "0.00"
    assert number(0.196969, "share") == "19.7%"
    assert number(13.747, "percent") == "13.75%"
    assert number(None, "ratio") == number(float("nan"), "ratio") == "\N{EN DASH}"


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def test_a_browser_draws_it_without_a_complaint(tmp_path: Path) -> None:
    browser = _browser()
    if browser is None:
        pytest.skip("no browser: install chromium")
    file = tmp_path / "report.html"
    file.write_text(page(), encoding="utf-8")
    options = "--headless=new --no-sandbox --disable-gpu --enable-logging=stderr --virtual-time-budget=3000 --dump-dom"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [browser, *options.split(), profile, file.as_uri()], capture_output=True, text=True, timeout=60, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
    assert 'data-ready="true"' in done.stdout
    assert done.stdout.count("<canvas") >= 4
    rows = re.findall(r'<tr data-index="\d+">.*?</tr>', done.stdout)
    assert [re.sub("(<[^>]*>)+", "|", row).split("|")[1:5] for row in rows] == [
        ["1", "2024-03-04 11:05", "2024-03-04 11:30", "probe"]
    ]
    assert "+58.15" in rows[0]
