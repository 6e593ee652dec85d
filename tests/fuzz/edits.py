"""Random edits of valid plans: `python -m tests.fuzz.edits --count 10000 --seed 1`.

Whatever an edit does, nothing raises; a text that is refused says where and why; safe repairs come to an end; what is
accepted can be laid out and explained. Prints the figures; ends with 1 and the text at the first broken promise.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tradeplan.dsl.diagnostic import Diagnostic, Severity, diagnostic_kinds
from tradeplan.dsl.explain import explain_text
from tradeplan.dsl.format import FormatRefusedError, format_file
from tradeplan.dsl.parse.fenced import plans_in
from tradeplan.dsl.parse.lexer import tokenize
from tradeplan.dsl.pipeline import Checked
from tradeplan.dsl.repair import apply_fixes
from tradeplan.dsl.report import render_github, render_json, render_sarif, render_text

from tests.fuzz.seeds import check, generated, written

_TOKEN = re.compile(r'"[^"\n]*"|[A-Za-z_]+[0-9]*|[0-9]+(?:\.[0-9]+)?|[^\sA-Za-z0-9"]')
_UNITS = ["%", "R", "pips", "ATR", "h", "m", "d", "bars", "lots", "USD", "ms", "points", "w", "", "percent", "EURO"]
_NUMBERS = ["0", "-1", "1e9", "0.0000001", "99999999999999999999", "1.", ".5", "1,5", "08:00", "25:99", "2026-02-30"]
_NAMES = ["rsi", "close", "btc", "dxy", "H1", "entry", "profit", "account", "bands", "support", "bull", "sma20", "x"]
_WORDS = ["WHEN", "THEN", "AND", "OR", "NOT", "FOR", "WITHIN", "CROSSES", "PLAN", "GUARD", "STOP", "TAKE", "OPTIONAL"]
_SIGNS = ["==", "&&", "||", "!", "<>", "=", "(", ")", "[", "]", ".", ",", "-", "*", "/", "%", '"', "#", "`", ";", "```"]
_ODD = [
    "\u201c",
    "\u2019",
    "\u2212",
    "\u00a0",
    "\u202e",
    "\ufeff",
    "\U0001f680",
    "\u0301",
    "\u00df",
    "\u96f7",
    "\u200b",
]
_CONTROL = ["\x00", "\x07", "\x1b[31m", "\r", "\t", "\x85", "\u2028", "\ud800"]
_ROUNDS = 12


class BrokenPromise(AssertionError):
    """Something that must hold for every text does not; carries the text."""

    def __init__(self, promise: str, text: str) -> None:
        super().__init__(f"{promise}\n--- the text ---\n{text!r}")
        self.text = text


@dataclass(slots=True)
class Figures:
    """What a campaign saw."""

    edits: int = 0
    accepted: int = 0
    unchanged: int = 0
    repaired: int = 0  # refused, and accepted after the safe repairs
    refusals: Counter[str] = field(default_factory=Counter)  # codes
    slowest: float = 0.0
    seconds: float = 0.0


def edited(rng: Random, text: str, others: Sequence[str]) -> str:
    """The text after one to four random edits."""
    for _ in range(rng.choice([1, 1, 1, 2, 3, 4])):
        text = rng.choice(_EDITS)(rng, text, others)
    return text


def _tokens(rng: Random, text: str, others: Sequence[str]) -> str:
    """Delete, double, swap or replace a token."""
    places = [m.span() for m in _TOKEN.finditer(text)]
    if len(places) < 2:
        return text
    at = rng.randrange(len(places) - 1)
    (a, b), (c, d) = places[at], places[at + 1]
    word = text[a:b]
    match rng.randrange(4):
        case 0:
            return text[:a] + text[b:]
        case 1:
            return f"{text[:b]} {word}{text[b:]}"
        case 2:
            return text[:a] + text[c:d] + text[b:c] + word + text[d:]
        case _:
            pool = [*_NUMBERS, *_UNITS] if word[0].isdigit() else [*_NAMES, *_WORDS, *_UNITS, *_SIGNS, word.swapcase()]
            return text[:a] + rng.choice(pool) + text[b:]


def _characters(rng: Random, text: str, others: Sequence[str]) -> str:
    """Delete, double or swap characters."""
    if len(text) < 2:
        return text
    at = rng.randrange(len(text) - 1)
    return rng.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        ]
    )


def _lines(rng: Random, text: str, others: Sequence[str]) -> str:
    """Delete, double, move or join lines."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return text
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines.insert(to, lines.pop(at))
        case _:
            lines[at] = lines[at].rstrip("\n") + " "
    return "".join(lines)


def _insert(rng: Random, text: str, others: Sequence[str]) -> str:
    """Put something in somewhere."""
    at = rng.randint(0, len(text))
    pool = rng.choice([_ODD, _CONTROL, _SIGNS, _WORDS, _NAMES, _UNITS, _NUMBERS, [chr(rng.randrange(0x20, 0xD800))]])
    piece = rng.choice(pool)
    return text[:at] + rng.choice([piece, f" {piece} "]) + text[at:]


def _cut(rng: Random, text: str, others: Sequence[str]) -> str:
    """Cut an end off, or a piece out."""
    a, b = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
    return rng.choice([text[:b], text[a:], text[:a] + text[min(b, a + 60) :]])


def _join(rng: Random, text: str, others: Sequence[str]) -> str:
    """Put another plan behind, in front or in the middle; or wrap it as a chat answer does."""
    other = rng.choice(others)
    at = rng.randint(0, len(text))
    return rng.choice(
        [text + other, other + text, text[:at] + other + text[at:], f"Sure!\n```plan\n{text}\n```\nDone."]
    )


_EDITS: list[Callable[[Random, str, Sequence[str]], str]] = (
    [_tokens] * 6 + [_characters, _lines, _insert] * 2 + [_cut, _join]
)


def examine(text: str) -> tuple[Checked, bool]:
    """Hold a text to every promise; gives what was found and whether its safe repairs make it good."""
    try:
        return _examined(text)
    except BrokenPromise:
        raise
    except Exception as error:  # every kind of exception is the finding
        raise BrokenPromise(f"{type(error).__name__}: {error}", text) from error


def _examined(text: str) -> tuple[Checked, bool]:
    checked = check(text)
    _hold_diagnostics(checked, text)
    if checked.ok:
        _hold_accepted(checked, text)
    for elaborated, written_block in zip(checked.elaborated, checked.file.blocks, strict=True):
        for netting in (False, True):
            if elaborated.block is not None and not explain_text(elaborated, written_block, netting=netting):
                raise BrokenPromise("a block without an explanation", text)
    if len(plans_in(text)) != len(text):
        raise BrokenPromise("plans of an answer are not at their places", text)
    return checked, _repairable(checked)


def _hold_diagnostics(checked: Checked, text: str) -> None:
    known = {kind.code for kind in diagnostic_kinds()}
    for d in checked.diagnostics:
        spans = [d.span, *(s for s, _ in d.related), *(e.span for f in d.fixes for e in f.edits)]
        if not all(0 <= s.start <= s.end <= len(text) for s in spans):
            raise BrokenPromise(f"{d.code} lies outside the text", text)
        if not d.message.strip() or d.code not in known or any(not f.title for f in d.fixes):
            raise BrokenPromise(f"a diagnostic says nothing or is of no known kind: {d.code}", text)
        if "`" not in text and ("``" in d.message or "``" in d.help):
            raise BrokenPromise(f"a hole that the parser left is told as a word of the author: {d.code}", text)
    _hold_renderers(checked.diagnostics, text)


def _hold_renderers(diagnostics: Sequence[Diagnostic], text: str) -> None:
    shown = render_text(diagnostics)
    painted = render_text(diagnostics, color=True)
    if "\x1b" in shown or "\x00" in shown or re.sub(r"\x1b\[[0-9]*m", "", painted) != shown:
        raise BrokenPromise("a control character reaches the terminal", text)
    if len(json.loads(render_json(diagnostics))["diagnostics"]) != len(diagnostics):
        raise BrokenPromise("the JSON holds another number of diagnostics", text)
    if len(json.loads(render_sarif(diagnostics, "0"))["runs"][0]["results"]) != len(diagnostics):
        raise BrokenPromise("the SARIF holds another number of results", text)
    github = render_github(diagnostics)
    if len(github.split("\n")) != max(1, len(diagnostics)) or "\r" in github:
        raise BrokenPromise("GitHub reads another number of lines", text)


def _hold_accepted(checked: Checked, text: str) -> None:
    heads = sum(t.kind in {"PLAN", "GUARD"} for t in tokenize(text)[0])
    good = len(checked.plans) + len(checked.guards)
    if not good == len(checked.file.blocks) == heads:
        raise BrokenPromise(f"{heads} blocks are written, {good} are good, and no diagnostic says why", text)
    try:
        laid_out = format_file(checked.file, checked.source)
    except FormatRefusedError as error:
        raise BrokenPromise(str(error), text) from error
    again = check(laid_out)
    if not again.ok or format_file(again.file, again.source) != laid_out:
        raise BrokenPromise("the layout of the layout is another, or is refused", text)
    if [b.version for b in (*again.plans, *again.guards)] != [b.version for b in (*checked.plans, *checked.guards)]:
        raise BrokenPromise("the layout has another version digest", text)


def _repairable(checked: Checked) -> bool:
    seen = {checked.source.text}
    for _ in range(_ROUNDS):
        fixed = apply_fixes(checked.source.text, checked.diagnostics)
        if fixed == checked.source.text:
            return checked.ok
        if fixed in seen:
            raise BrokenPromise("safe repairs run in circles", checked.source.text)
        seen.add(fixed)
        checked = check(fixed)
        _hold_diagnostics(checked, fixed)
    raise BrokenPromise("safe repairs do not come to an end", checked.source.text)


def campaign(count: int, seed: int, progress: Callable[[int], None] = lambda done: None) -> Figures:
    """Make and examine `count` edits; raises BrokenPromise at the first text that breaks one."""
    rng = Random(seed)
    texts = [*written(), *generated(seed, 60)]
    figures = Figures()
    begun = time.perf_counter()
    for done in range(count):
        before = rng.choice(texts)
        text = edited(rng, before, texts)
        started = time.perf_counter()
        checked, repairable = examine(text)
        figures.slowest = max(figures.slowest, time.perf_counter() - started)
        figures.edits += 1
        figures.unchanged += text == before
        figures.accepted += checked.ok
        figures.repaired += repairable and not checked.ok
        figures.refusals.update({d.code for d in checked.diagnostics if d.severity is Severity.ERROR})
        progress(done + 1)
    figures.seconds = time.perf_counter() - begun
    return figures


def main() -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    def progress(done: int) -> None:
        if done % 1000 == 0:
            print(f"{done} edits", flush=True)

    try:
        f = campaign(options.count, options.seed, progress)
    except BrokenPromise as broken:
        print(broken)
        return 1
    print(f"{f.edits} edits with seed {options.seed} in {f.seconds:.0f} s; {f.unchanged} left the text as it was")
    print(f"{f.accepted} accepted, {f.edits - f.accepted} refused, of these {f.repaired} good after safe repairs")
    print(f"slowest text, all checks of it together: {f.slowest * 1000:.0f} ms")
    print(
        f"{len(f.refusals)} of {len(diagnostic_kinds())} codes seen: "
        + ", ".join(f"{c} {n}" for c, n in f.refusals.most_common())
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
