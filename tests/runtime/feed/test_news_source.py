"""The calendar of a live run: from a file or an address, looked at again, with the versions that were used kept."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tradeplan.runtime.feed.news_source import AGAIN_MS, EVERY_MS, NewsSource, kept_news
from tradeplan.runtime.market.news import NewsError

HEADER = "time,currency,impact,event\n"
ONE = "2026-06-22 12:30,USD,high,CPI\n"
TWO = "2026-06-22 14:00,EUR,low,Speech\n"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


def test_a_file_is_read_again_after_an_hour_and_forgets_nothing(tmp_path: Path) -> None:
    file, clock = tmp_path / "news.csv", Clock()
    file.write_text(HEADER + ONE, encoding="utf-8")
    source = NewsSource(str(file), tmp_path / "bars", clock)
    source.begin(None)
    first = source.look(wait=True)
    assert first is not None
    assert first.calendar is not None
    assert first.calendar.names == ("CPI",)
    file.write_text(HEADER + TWO, encoding="utf-8")
    assert source.look(wait=True) is None  # not before the hour is over
    clock.now += EVERY_MS
    second = source.look(wait=True)
    assert second is not None
    assert second.calendar is not None
    assert second.calendar.names == ("CPI", "Speech")
    clock.now += EVERY_MS
    assert source.look(wait=True) is None  # nothing new
    for version in (first.calendar, second.calendar):
        assert kept_news(tmp_path / "bars", version.digest).names == version.names


def test_a_calendar_that_cannot_be_had_is_told_once_and_asked_for_soon(tmp_path: Path) -> None:
    file, clock = tmp_path / "news.csv", Clock()
    source = NewsSource(str(file), tmp_path / "bars", clock)
    source.begin(None)
    told = source.look(wait=True)
    assert told is not None
    assert told.calendar is None
    assert "cannot be had" in told.told
    clock.now += AGAIN_MS
    assert source.look(wait=True) is None  # still not there: said already
    file.write_text(HEADER + ONE, encoding="utf-8")
    clock.now += AGAIN_MS
    found = source.look(wait=True)
    assert found is not None
    assert found.calendar is not None


def test_a_version_that_was_removed_is_said(tmp_path: Path) -> None:
    with pytest.raises(NewsError, match="was removed"):
        kept_news(tmp_path, "0" * 32)


@pytest.fixture
def address() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path.startswith("/news") else 404)
            self.end_headers()
            self.wfile.write((HEADER + ONE).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_read_and_leaves_no_file(tmp_path: Path, address: str) -> None:
    source = NewsSource(f"{address}/news.csv?week=25", tmp_path / "bars", Clock())
    source.begin(None)
    found = source.look(wait=True)
    assert found is not None
    assert found.calendar is not None
    assert found.calendar.names == ("CPI",)
    assert [p.name for p in (tmp_path / "bars").iterdir()] == ["news"]


def test_an_address_that_refuses_is_told(tmp_path: Path, address: str) -> None:
    source = NewsSource(f"{address}/other", tmp_path / "bars", Clock())
    source.begin(None)
    found = source.look(wait=True)
    assert found is not None
    assert "404" in found.told
