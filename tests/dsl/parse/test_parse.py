"""Every snippet of the language page becomes the tree that it should, with exact places."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, is_dataclass

import pytest
from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.nodes import Name, Rule
from tradeplan.dsl.parse import parse_expression
from tradeplan.dsl.source import Source, Span

from tests.dsl.parse.sketch import HEAD, items, read, sketch

EXPRESSIONS = {
    "dxy.change(1h) < -drop": "(Compare < dxy.change<1h> (Minus drop))",
    "dxy.change < -0.2%": "(Compare < dxy.change (Minus 0.2%))",
    "btc.holds(floor)": "btc.holds<floor>",
    "btc.H1.support": "(View btc H1).support",
    "btc.H1.rsi(14)": "(View btc H1).rsi<14>",
    "bands(20, 2).upper": "bands<20 2>.upper",
    "M15.close > M15.ema(50) FOR 2 bars": "(HeldFor (Compare > M15.close M15.ema<50>) 2bars)",
    "OPTIONAL btc.imbalance(levels=5) > 0.2": "(Optional (Compare > btc.imbalance<(Compare = levels 5)> 0.2))",
    "NOT news.blackout(impact=high, before=30m)": (
        "(Not news.blackout<(Compare = impact high) (Compare = before 30m)>)"
    ),
    "OPTIONAL NOT spoofing": "(Optional (Not spoofing))",
    "NOT (choch(bear) WITHIN 1h)": "(Not (Group (Within choch<bear> 1h)))",
    "M5.choch(bull)": "M5.choch<bull>",
    "best >= 1R": "(Compare >= best 1R)",
    "close < at_entry(floor) OR held > 8h OR time(new_york) >= 16:45": (
        "(Or [(Compare < close at_entry<floor>) (Compare > held 8h) (Compare >= time<new_york> 16:45)])"
    ),
    "a OR b AND c": "(Or [a (And [b c])])",
    "high <= high[1] AND low >= low[1]": ("(And [(Compare <= high (Ago high 1)) (Compare >= low (Ago low 1))])"),
    "value_when(close CROSSES ABOVE resistance[1], resistance[1])": (
        "value_when<(Crosses True close (Ago resistance 1)) (Ago resistance 1)>"
    ),
    "close CROSSES BELOW level": "(Crosses False close level)",
    "rsi(14) BETWEEN 30 AND 45": "(Between rsi<14> 30 45)",
    "rsi BETWEEN 30 AND 45 AND a": "(And [(Between rsi 30 45) a])",
    "inside FOR 3 bars": "(HeldFor inside 3bars)",
    "choch(bull) WITHIN 12 bars": "(Within choch<bull> 12bars)",
    "a FOR 2 bars WITHIN 1h": "(Within (HeldFor a 2bars) 1h)",
    "close IN order_block(bull)": "(Inside close order_block<bull>)",
    "known(imbalance)": "known<imbalance>",
    "2 * M15.atr(14)": "(Binary * 2 M15.atr<14>)",
    "1.5 ATR": "1.5ATR",
    "15 pips": "15pips",
    "0.4%": "0.4%",
    "D1.low - 2 pips": "(Binary - D1.low 2pips)",
    "close - 0.3 * atr(14)": "(Binary - close (Binary * 0.3 atr<14>))",
    "a - b - c": "(Binary - (Binary - a b) c)",
    "time(london) = 08:00": "(Compare = time<london> 08:00)",
    "time BETWEEN 22:00 AND 06:30:15": "(Between time 22:00 06:30:15)",
    "account.loss(day) > 1000 USD": "(Compare > account.loss<day> 1000USD)",
    "system.latency > 200ms": "(Compare > system.latency 200ms)",
    "sequence(a, b FOR 2 bars, within=12 bars)": "sequence<a (HeldFor b 2bars) (Compare = within 12bars)>",
    "at_least(2, a, b, c)": "at_least<2 a b c>",
    "order_block(bull)[1].low": "(Ago order_block<bull> 1).low",
    "impact != high": "(Compare != impact high)",
    "now()": "now<>",
    "2000-12-31": "(Binary - (Binary - 2000 12) 31)",
}

STATEMENTS = {
    "PARAM drop = 0.2% FROM 0.05% TO 1% STEP 0.05%": "(Param drop 0.2% 0.05% 1% 0.05%)",
    "PARAM n = 14": "(Param n 14 - - -)",
    "PARAM n = -2.5 FROM -3 TO 0": "(Param n (Minus 2.5) (Minus 3) 0 -)",
    "PARAM t = 08:30": "(Param t 08:30 - - -)",
    "LET floor = btc.H1.support": "(Let floor (View btc H1).support)",
    "COOLDOWN 2h": "(Cooldown 2h)",
    "COOLDOWN 5 bars": "(Cooldown 5bars)",
    "MAX 3 PER day": "(MaxPer 3 day)",
    "MAX 2 PER 12h": "(MaxPer 2 12h)",
    "ONCE": "(Once)",
    "EXPIRES 2026-12-31": "(Expires 2026-12-31)",
    "MAX most PER week": "(MaxPer most week)",
    "EXPIRES last": "(Expires last)",
    "PARAM last = 2026-12-31": "(Param last 2026-12-31 - - -)",
    "PARAM d = 2026-12-31 FROM 2026-01-01 TO 2027-01-01 STEP 7d": "(Param d 2026-12-31 2026-01-01 2027-01-01 7d)",
    # digits and minus signs anywhere else are a difference
    "LET d = 2026-12-31": "(Let d (Binary - (Binary - 2026 12) 31))",
    "WHEN a THEN MOVE STOP TO 2026-12-31": "(Rule a [(MoveStop (Binary - (Binary - 2026 12) 31))])",
    "WHEN a THEN CLOSE": "(Rule a [(Close -)])",
    'WHEN a THEN CLOSE 50%, ALERT "momentum gone"': "(Rule a [(Close 50%) (Alert momentum gone)])",
    "WHEN a THEN ADD 25%": "(Rule a [(Add 25%)])",
    "WHEN a THEN MOVE STOP TO trail(1.5 ATR)": "(Rule a [(MoveStop trail<1.5ATR>)])",
    "WHEN a THEN CANCEL, FLATTEN, HALT": "(Rule a [(Cancel) (Flatten) (Halt - -)])",
    "WHEN a THEN HALT FOR day": "(Rule a [(Halt day -)])",
    "WHEN a THEN HALT FOR 1d": "(Rule a [(Halt 1d -)])",
    "WHEN a THEN HALT FOR 1d PROBE 25%": "(Rule a [(Halt 1d 25%)])",
    "WHEN a THEN HALT PROBE part": "(Rule a [(Halt - part)])",
    "WHEN a THEN BUY RISK 0.5% STOP floor - 0.5 ATR TARGET 3R TAKE 50% AT 1R": (
        "(Rule a [(Enter BUY True 0.5% - (Binary - floor 0.5ATR) 3R [(Take 50% 1R)])])"
    ),
    "WHEN a THEN SELL 0.10 lots AT LIMIT close + 2 pips FOR 4h STOP 20 pips": (
        "(Rule a [(Enter SELL False 0.10lots (PendingOrder True (Binary + close 2pips) 4h) 20pips - [])])"
    ),
    "WHEN a THEN BUY RISK 100 USD AT STOP high[1] FOR 3 bars STOP low[1] TAKE 30% AT 1R TAKE 30% AT 2R": (
        "(Rule a [(Enter BUY True 100USD (PendingOrder False (Ago high 1) 3bars) (Ago low 1) - "
        "[(Take 30% 1R) (Take 30% 2R)])])"
    ),
    "WHEN a THEN BUY size_param STOP 1%": "(Rule a [(Enter BUY False size_param - 1% - [])])",
}


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS.items(), ids=list(EXPRESSIONS))
def test_expressions(text: str, expected: str) -> None:
    assert items(f"LET x = {text}") == [f"(Let x {expected})"]
    assert items(f"LET x={text.replace(' ', chr(10))}#c") == [f"(Let x {expected})"], "blanks and lines mean nothing"


@pytest.mark.parametrize(("text", "expected"), STATEMENTS.items(), ids=list(STATEMENTS))
def test_statements(text: str, expected: str) -> None:
    assert items(text) == [expected]


@pytest.mark.smoke
def test_blocks_titles_and_comments() -> None:
    text = (
        '# one\nPLAN a "T" TRADE btc ON M5 ONCE # two\nGUARD g "x"\nWHEN b THEN HALT\n'
        "GUARD h LIMIT account.exposure(usd) <= 200% PLAN c TRADE eurusd ON MN1"
    )
    file, report = read(text)
    assert report.diagnostics == []
    assert [sketch(b) for b in file.blocks] == [
        '(Plan a "T" btc M5 [(Once)])',
        '(Guard g "x" [(Rule b [(Halt - -)])] -)',
        "(Guard h - [(Cap account.exposure<usd> <= 200%)] -)",
        "(Plan c - eurusd MN1 [])",
    ]
    assert [(c.text, text[c.span.start : c.span.end]) for c in file.comments] == [
        ("# one", "# one"),
        ("# two", "# two"),
    ]


def spans(node: object) -> list[tuple[str, Span]]:
    found = []
    stack = [node]
    while stack:
        n = stack.pop()
        if hasattr(n, "span"):
            found.append((type(n).__name__, n.span))
        if isinstance(n, tuple) and not isinstance(n, Span):
            stack.extend(n)
        elif is_dataclass(n):
            stack.extend(getattr(n, f.name) for f in fields(n))
    return found


def test_places_are_exact() -> None:
    body = "WHEN NOT (dxy.H1.rsi(14)[1] > -2.5 ATR) THEN BUY RISK 0.5 % STOP 2 R, CLOSE 50%"
    file, _ = read(HEAD + body)
    source = Source("t", HEAD + body)
    seen = {(kind, source.slice(span)) for kind, span in spans(file.blocks)}
    assert seen == {
        ("Plan", HEAD + body),
        ("Identifier", "p"),
        ("Identifier", "btc"),
        ("Identifier", "M5"),
        ("Rule", body),
        ("Not", "NOT (dxy.H1.rsi(14)[1] > -2.5 ATR)"),
        ("Group", "(dxy.H1.rsi(14)[1] > -2.5 ATR)"),
        ("Compare", "dxy.H1.rsi(14)[1] > -2.5 ATR"),
        ("Ago", "dxy.H1.rsi(14)[1]"),
        ("Member", "dxy.H1.rsi(14)"),
        ("View", "dxy.H1"),
        ("Name", "dxy"),
        ("Call", "(14)"),
        ("Argument", "14"),
        ("Number", "14"),
        ("Minus", "-2.5 ATR"),
        ("Quantity", "2.5 ATR"),
        ("Enter", "BUY RISK 0.5 % STOP 2 R"),
        ("Quantity", "0.5 %"),
        ("Quantity", "2 R"),
        ("Close", "CLOSE 50%"),
        ("Quantity", "50%"),
    }


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "\ufeff", "\ufeff# a\r\n", "   \t\r\n" * 50])
def test_files_without_blocks(text: str) -> None:
    file, report = read(text)
    assert report.diagnostics == []
    assert file.blocks == ()


def test_bom_tabs_and_windows_line_ends() -> None:
    file, report = read("\ufeffPLAN p # c\r\n\tTRADE btc ON M5\r\nWHEN\ta\r\n THEN CLOSE\r\n")
    assert report.diagnostics == []
    assert isinstance(file.blocks[0].items[0], Rule)
    assert file.comments[0].text == "# c"


def test_single_expressions() -> None:
    source = Source("<catalog>", "entry + side * (best - distance)")
    report = Report(source)
    assert (
        sketch(parse_expression(source, report)) == "(Binary + entry (Binary * side (Group (Binary - best distance))))"
    )
    assert sketch(parse_expression(Source("", "14"), report)) == "14"
    assert parse_expression(Source("", "bull"), report) == Name(Span(0, 4), "bull")
    assert report.diagnostics == []
    for wrong in ("", "a b", "WHEN a THEN CLOSE", "(a", "((" * 5000, "a" * 300_000):
        report = Report(Source("", wrong))
        assert parse_expression(report.source, report) is None
        assert len(report.diagnostics) == 1


def test_lark_is_not_imported_to_check_a_plan() -> None:
    code = (
        "import sys; from tradeplan.dsl.parse import parse; from tradeplan.dsl.source import Source; "
        "from tradeplan.dsl.diagnostic import Report; s = Source('', 'PLAN p TRADE btc ON M5 ONCE'); "
        "assert parse(s, Report(s)).blocks; print([m for m in ('lark', 'numpy', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
