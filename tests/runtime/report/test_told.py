"""The page tells of margin calls, broken limits and exits what the result's JSON says, or nothing."""

from __future__ import annotations

from html.parser import HTMLParser

from tradeplan.runtime.report.told_sections import told_section

from tests.runtime.report.world import page

HOSTILE = "</script><b>x"
SAID = {
    "currency": "USD",
    "margin_calls": [{"time": 1_709_546_400_000, "equity": 380.0, "margin": 400.0}],
    "broken_limits": [
        {"time": 1_709_546_460_000, "plan": HOSTILE, "guard": "g", "limit": "LIMIT account.exposure <= 80%", "value": v}
        for v in (90.5, 101.25, None)
    ],
    "spoken": [
        {"plan": "p", "about": about, "outcome": outcome, "kind": "structure", "timeframe": "H1", "rank": "high"}
        | {"strength": strength}
        for about, outcome, strength in (("close", "sent", 1.0), ("close", "sent", 2.0), ("alert", "sent", 9.0))
    ],
}


class Cells(HTMLParser):
    """The texts of the rows of all tables."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._cell = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data


def test_what_was_said_stands_in_tables() -> None:
    html = told_section(SAID)
    rows = Cells(html).rows
    assert ["2024-03-04 10:00", "380.00", "400.00"] in rows
    # three refused, the worst that was known is 101.25 %
    assert ["g", "LIMIT account.exposure <= 80%", HOSTILE, "2024-03-04 10:01", "3", "101.25%"] in rows
    # two closes with strengths of 1 and 2; the alert is no close
    assert ["p", "structure", "H1", "high", "2", "1.50", "2.00"] in rows
    assert HOSTILE not in html


def test_a_run_that_said_nothing_has_no_such_section() -> None:
    assert told_section(SAID | {"margin_calls": [], "broken_limits": [], "spoken": []}) == ""
    assert 'id="told"' not in page()
