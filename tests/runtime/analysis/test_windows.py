"""Rollover hours and news: membership by plain date arithmetic, and files that cannot be used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.market.importers.news import read_news
from tradeplan.runtime.market.news import NewsError


def _moment(time: int) -> datetime:
    return datetime.fromtimestamp(time / 1000, UTC)


def _rows(real: BacktestResult) -> list[tuple[datetime, datetime, float, str]]:
    return [(_moment(t.opened), _moment(t.closed), t.net, t.market) for t in real.trades if t.closed]


def test_rollover_is_an_hour_around_the_brokers_midnight(real: BacktestResult) -> None:
    def near(moment: datetime) -> bool:  # the profiles of these markets have midnight UTC
        return moment.hour in (23, 0) or (moment.hour == 1 and moment.minute == moment.second == 0)

    rows = _rows(real)
    inside = [net for opened, closed, net, _ in rows if near(opened) or near(closed)]
    found = analyse(real).windows["rollover"]
    assert found["inside"]["trades"] == len(inside) > 5
    assert found["inside"]["net"] == pytest.approx(sum(inside), abs=0.006)
    assert found["outside"]["trades"] == len(rows) - len(inside)
    assert found["inside"]["net"] + found["outside"]["net"] == pytest.approx(sum(r[2] for r in rows), abs=0.011)


def test_news_count_for_their_currencies_and_importance(real: BacktestResult, tmp_path: Path) -> None:
    rows = _rows(real)
    yen = next(r for r in rows if r[3] == "eurjpy")
    pound = next(r for r in rows if r[3] == "gbpusd")
    lines = ["time,currency,impact,name"]
    lines.append("2015-01-01T00:00,NZD,low,the first")
    lines.append(f"{(yen[0] - timedelta(minutes=30)).isoformat()},JPY,high,counts: half an hour before")
    lines.append(f"{int((pound[1] + timedelta(minutes=31)).timestamp())},GBP,high,one minute too late")
    lines.append(f"{pound[1].isoformat()},GBP,medium,not important enough")
    lines.append(f"{pound[1].isoformat()},NZD,high,of another currency")
    lines.append(f"{int(rows[-1][1].timestamp()) * 1000},NZD,none,the last")
    file = tmp_path / "news.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    events = [yen[0] - timedelta(minutes=30)], [pound[1] + timedelta(minutes=31)]
    reach = timedelta(minutes=30)
    inside = [
        r
        for r in rows
        if any(abs(e - at) <= reach for e in events[0 if r[3] == "eurjpy" else 1] for at in (r[0], r[1]))
    ]
    last = max(read_news(file).times)
    covered = [r for r in rows if int(r[1].timestamp() * 1000) <= last]
    news = analyse(real, file).windows["news"]
    assert yen in inside
    assert news["inside"]["trades"] == len([r for r in inside if r in covered])
    assert news["outside"]["trades"] == len([r for r in covered if r not in inside])
    assert news["uncovered"] == len(rows) - len(covered)
    assert (news["source"], news["events"]) == ("news.csv", 2)


def test_without_a_calendar_nothing_is_claimed(real: BacktestResult) -> None:
    news = analyse(real).windows["news"]
    assert (news["inside"], news["outside"], news["source"]) == (None, None, "no calendar")


def test_the_real_calendar_is_read(real_data: Path) -> None:
    calendar = read_news(real_data / "calendar" / "us_official_2021_2024.parquet")
    assert len(calendar.times) == 412
    assert _moment(int(calendar.times[0])) == datetime(2021, 1, 8, 13, 30, tzinfo=UTC)
    assert len(calendar.times_of(frozenset({"USD"}), "none")) == 412
    assert len(calendar.times_of(frozenset({"EUR"}), "none")) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no events"),
        ("time,currency,name\n1,USD,x\n", "column `impact` is missing"),
        ("time,currency,impact,name\n2020-01-01,USD,huge,x\n", "row 2: impact `huge`: expected one of none, low"),
        ("time,currency,impact,name\nyesterday,USD,high,x\n", "row 2: time `yesterday`: expected one such as"),
        ("time,currency,impact,name\n2020-01-01,USD\n", "row 2: impact ``"),
    ],
)
def test_a_calendar_that_cannot_be_used_is_told_in_words(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NewsError) as caught:
        read_news(file)
    assert words in str(caught.value)


def test_a_file_that_is_not_there_or_not_parquet(tmp_path: Path) -> None:
    with pytest.raises(NewsError, match="cannot be read"):
        read_news(tmp_path / "none.csv")
    wrong = tmp_path / "wrong.parquet"
    wrong.write_bytes(b"no parquet")
    with pytest.raises(NewsError, match="Parquet"):
        read_news(wrong)
