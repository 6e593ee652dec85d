"""Reads on behind a syntax error, so that all mistakes of a file are reported at once.

It walks the tokens with parser states alone. Where a token cannot stand it asks `slips` for a repair that lets the rest
be read; without one the part of the statement is left out, with a hole in its place, or else all of it up to the next
keyword that begins a statement. What it returns is of the language, so the tree is built as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tradeplan.dsl.diagnostic import Report, diagnostic_kind
from tradeplan.dsl.parse.driver import accepted, advance, initial
from tradeplan.dsl.parse.expected import STATEMENTS, expected_words
from tradeplan.dsl.parse.explain import advice
from tradeplan.dsl.parse.holes import Hole, hole_at
from tradeplan.dsl.parse.lexer import BAD, Token
from tradeplan.dsl.parse.place import Place, Slip
from tradeplan.dsl.parse.slips import slip_at
from tradeplan.dsl.parse.slips_in_words import keyword_slip
from tradeplan.dsl.suggest import nearest
from tradeplan.grammar.loader import END

UNEXPECTED = diagnostic_kind("unexpected", "A word stands where the grammar has no place for it.")
OUTSIDE_PLAN = diagnostic_kind("outside-plan", "A statement belongs to the PLAN or GUARD above it.")
NOT_IN_PLAN = diagnostic_kind("not-in-plan", "LIMIT bounds what all plans hold together, so it stands in a GUARD.")
NOT_IN_GUARD = diagnostic_kind("not-in-guard", "A GUARD knows LET, PARAM, LIMIT and WHEN only.")
TOO_MANY_ERRORS = diagnostic_kind("too-many-errors", "Beyond a hundred mistakes a list helps nobody.")

MAX_ERRORS = 100
_HEADS = frozenset({"PLAN", "GUARD"})
_STATEMENTS = frozenset(STATEMENTS)
_ORDER = frozenset({"RISK", "AT", "STOP", "TARGET", "TAKE"})


def _begins(token: Token, previous: Token | None) -> bool:
    """Whether a statement begins here; LIMIT does, but for the one of an order, behind AT."""
    if token.kind == "LIMIT":
        return previous is None or previous.kind not in {"AT", "SIDE"}
    return token.kind in _STATEMENTS


class Mender:
    """One walk over the tokens of one file."""

    def __init__(self, text: str, tokens: Sequence[Token], report: Report) -> None:
        self._text = text
        self._tokens = list(tokens)
        self._report = report
        self._limit = len(report.diagnostics) + MAX_ERRORS
        self._states = initial("start")
        self._out: list[Token] = []
        self._mark = (self._states, 0)
        self._statement: Token | None = None
        self._statement_index = 0
        self._before: list[int] | None = None
        self._patched = -1
        self.lost: list[Token] = []
        self.holes: list[Token] = []

    def mend(self) -> list[Token]:
        """Tokens that the parser takes, and a report of all that was wrong."""
        i = 0
        while True:
            token = self._tokens[i]
            if self._push(token, i):
                if token.kind == END:
                    return self._out
                i += 1
            elif len(self._report.diagnostics) >= self._limit:
                self._stop(token)
                return self._out
            else:
                i = self._wrong(i)

    def _push(self, token: Token, index: int) -> bool:
        """Take one token, if it can stand here."""
        states = advance(self._states, token.kind)
        if states is None:
            return False
        if _begins(token, self._out[-1] if self._out else None):
            self._mark = (self._states, len(self._out))
            self._statement, self._statement_index = token, index
        self._before = self._states
        self._states = states
        self._out.append(token)
        return True

    def _wrong(self, i: int) -> int:
        """Deal with a token that cannot stand here; returns the index to go on at."""
        if self._began_before(i):
            return i - 1
        place = Place(self._text, self._tokens, i, self._states, self._before, self._out, self._mark[1], self._mark[0])
        slip = slip_at(place)
        if slip is not None:
            return self._apply(slip, i)
        token = self._tokens[i]
        if _begins(token, self._tokens[i - 1] if i else None) and advance(self._states, END) is not None:
            return self._misplaced(i)
        self._unexpected(i)
        return self._leave_out(i)

    def _apply(self, slip: Slip, i: int) -> int:
        self._report.add(
            slip.kind,
            slip.span,
            slip.message,
            found=slip.found,
            expected=slip.expected,
            help=slip.help,
            fixes=slip.fixes,
        )
        if slip.instead_of_previous and self._before is not None:
            self._out.pop()
            self._states, self._before = self._before, None
            i -= 1
        behind: list[Token] = []
        if slip.in_front_of:
            behind = self._out[-slip.in_front_of :]
            self._read_again(len(self._out) - slip.in_front_of)
        if slip.guessed:
            self.holes.append(Token("NAME", "", slip.span.start, slip.span.end))
        for token in (*slip.tokens, *behind):
            self._push(token, i)
        return i + slip.consumed

    def _read_again(self, count: int) -> None:
        """Go back to the states behind this many tokens; they are of the statement that is being read."""
        del self._out[count:]
        self._states, self._before = self._mark[0], None
        for token in self._out[self._mark[1] :]:
            self._states = advance(self._states, token.kind) or self._states

    def _began_before(self, i: int) -> bool:
        """Whether the word in front is a statement's keyword in small letters, swallowed by an unfinished statement.

        It is then put right and reported, and reading goes back to it.
        """
        previous = self._tokens[i - 1] if i else None
        if previous is None or self._before is None or not self._out or self._out[-1] != previous:
            return False
        upper = previous.text.upper()
        if previous.kind != "NAME" or upper not in _STATEMENTS or not _first_on_line(self._text, previous):
            return False
        self._out.pop()
        self._states, self._before = self._before, None
        self._tokens[i - 1] = Token(upper, upper, previous.start, previous.end)
        slip = keyword_slip(previous, upper, True)
        self._report.add(
            slip.kind,
            slip.span,
            slip.message,
            found=slip.found,
            expected=slip.expected,
            help=slip.help,
            fixes=slip.fixes,
        )
        return True

    def _misplaced(self, i: int) -> int:
        """A whole statement that has no place here: above the first head, or a plan's own in a guard."""
        token = self._tokens[i]
        if advance(self._states, "WHEN") is None:
            self._report.add(
                OUTSIDE_PLAN,
                token.span,
                f"`{token.text}` stands outside any PLAN or GUARD",
                found=f"`{token.text}`",
                expected=("`PLAN name TRADE market ON timeframe`", "`GUARD name`"),
                help="begin with a line such as `PLAN my_plan TRADE btc ON M5`",
            )
            self._head(token, ())
            return i
        if token.kind == "LIMIT":
            self._report.add(
                NOT_IN_PLAN,
                token.span,
                "`LIMIT` has no meaning in a PLAN",
                found="`LIMIT`",
                expected=("`GUARD name`",),
                help="move it into a GUARD, which bounds all plans; an order at a price is `AT LIMIT price FOR span`",
            )
            return self._next_statement(i + 1)
        self._report.add(
            NOT_IN_GUARD,
            token.span,
            f"`{token.text}` has no meaning in a GUARD",
            found=f"`{token.text}`",
            expected=("`WHEN`", "`LET`", "`PARAM`", "`LIMIT`"),
            help="move it into the PLAN that it limits; a GUARD covers all plans and only trips breakers",
        )
        return self._next_statement(i + 1)

    def _unexpected(self, i: int) -> None:
        token = self._tokens[i]
        previous = self._tokens[i - 1] if i else None
        kinds = accepted(self._states)
        expected = expected_words(kinds, previous.kind if previous else "")
        short = " or ".join(expected) if len(expected) <= 2 else ""
        if self._patched == self._statement_index and token.kind in _ORDER and "NAME" not in kinds:
            return  # a part in front of it was left out: what it lacks, or its order, was said of that
        ended = token.kind == END or (token.kind in _STATEMENTS and self._out_is_incomplete())
        following = self._tokens[i + 1] if i + 1 < len(self._tokens) else None
        help = advice(token, kinds, self._out[self._mark[1] :], following)
        if ended and previous is not None:
            what = "the file ends" if token.kind == END else f"the next statement (`{token.text}`) begins"
            message = f"{what} where {short} is missing" if short else f"{what} before this statement is complete"
            self._report.add(
                UNEXPECTED,
                previous.span,
                f"{message}, behind `{_short(previous.text)}`",
                found="the end of the file" if token.kind == END else f"`{token.text}`",
                expected=expected,
                help=help or "complete the statement",
            )
            return
        message = (
            f"expected {short}, found `{_short(token.text)}`" if short else f"`{_short(token.text)}` does not fit here"
        )
        self._report.add(
            UNEXPECTED,
            token.span,
            message,
            found=f"`{_short(token.text)}`",
            expected=expected,
            help=help or "write what is expected, or take the word out",
        )

    def _out_is_incomplete(self) -> bool:
        return advance(self._states, END) is None

    def _leave_out(self, i: int) -> int:
        """Forget the statement that the token at `i` broke and find the next one."""
        statement = self._statement
        following = self._next_statement(i if self._statement_index < i else i + 1)
        hole = hole_at(self._mark[0], self._out[self._mark[1] :], self._tokens, i, following)
        if hole is not None:
            self._patch(hole)
            return hole.resume
        if statement is None or advance(self._states, END) is not None:
            # what stands in front of the wrong word is whole: it is kept, so that its name stays known
            return following
        broken = [*self._out[self._mark[1] :], *self._tokens[i:following]]
        head_is_open = statement.kind in _HEADS
        del self._out[self._mark[1] :]
        self._states, self._before = self._mark[0], None
        if head_is_open:
            self._head(statement, broken)
        elif statement.kind in {"LET", "PARAM"} and len(broken) > 1 and broken[1].kind == "NAME":
            self.lost.append(broken[1])
        return following

    def _patch(self, hole: Hole) -> None:
        """Read what stands in for a part of the statement."""
        self._read_again(self._mark[1] + hole.kept)
        for token in hole.tokens:
            self._push(token, self._statement_index)
        self._before = None
        self._patched = self._statement_index
        self.holes += hole.tokens[:1]

    def _next_statement(self, i: int) -> int:
        """The index of the next token that begins a statement, a misspelt one at the start of a line included."""
        text = self._text
        for j in range(i, len(self._tokens)):
            token = self._tokens[j]
            if _begins(token, self._tokens[j - 1] if j else None) or token.kind == END:
                return j
            if token.kind in {BAD, "NAME"} and j > i and _first_on_line(text, token):
                word = token.text.upper()
                if word in _STATEMENTS or (token.text.isupper() and nearest(word, _STATEMENTS, 1)):
                    return j
        return len(self._tokens) - 1

    def _head(self, at: Token, read: Sequence[Token]) -> None:
        """Stand in for an unreadable head; what of it was legible is used, an empty name marks a lost block."""

        def found(kind: str, behind: str) -> Token:
            for previous, token in pairwise(read):
                if token.kind == kind and previous.kind == behind:
                    return token
            return Token(kind, "", at.start, at.end)

        name = found("NAME", at.kind)
        place = (at.start, at.end)
        if at.kind == "GUARD":
            head = [Token("GUARD", "GUARD", *place), name]
        else:
            market, timeframe = found("NAME", "TRADE"), found("TIMEFRAME", "ON")
            whole = name.text and market.text and timeframe.text
            name = name if whole else Token("NAME", "", *place)
            trade, on = Token("TRADE", "TRADE", *place), Token("ON", "ON", *place)
            head = [Token("PLAN", "PLAN", *place), name, trade, market, on, timeframe]
        for token in head:
            self._push(token, self._statement_index)

    def _stop(self, token: Token) -> None:
        self._report.add(
            TOO_MANY_ERRORS,
            token.span,
            f"more than {MAX_ERRORS} mistakes: reading stops here",
            found=f"`{_short(token.text)}`",
            help="repair the first ones; is this a plan file at all?",
        )
        if advance(self._states, END) is None:
            del self._out[self._mark[1] :]
            self._states = self._mark[0]
        last = self._out[-1].end if self._out else 0
        self._push(Token(END, "", last, last), 0)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _first_on_line(text: str, token: Token) -> bool:
    return not text[text.rfind("\n", 0, token.start) + 1 : token.start].strip()
