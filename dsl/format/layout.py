"""One layout for every plan file, with its comments.

The rules, which look at the tree and never at the author's line ends: a keyword begins each line; a statement that fits
in 88 columns stands on one line; another is broken before each top-level AND or OR and before THEN, and if its actions
do not fit then either, behind each comma. A blank line stands between blocks, between a plan's head,
definitions, rules and limits, and around a rule of several lines. Comments keep their place, and a blank line next to
one is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.format.comments import Attached, attach
from tradeplan.dsl.format.same import same_tree
from tradeplan.dsl.format.statement import WIDTH, Piece, head_pieces, one_line, statement_pieces
from tradeplan.dsl.nodes import File, Guard, Item, Let, Param, Plan, Rule
from tradeplan.dsl.parse import parse
from tradeplan.dsl.source import Source


class FormatRefusedError(ValueError):
    """The layout would have changed what the file says or lost a comment; nothing was written."""


def format_file(file: File, source: Source) -> str:
    """The text of a file read from `source` in the one layout, ending in a line end; an empty file stays empty.

    Raises FormatRefusedError if reading the result gives another tree or other comments. The file must have been read
    without errors: statements that were left out of the tree cannot be laid out.
    """
    text = _layout(file, source)
    report = Report(Source(source.name, text))
    again = parse(report.source, report)
    if not report.ok or not same_tree(file, again):
        raise FormatRefusedError(f"`{source.name}` was left as it is: laid out anew it would read differently")
    if sorted(c.text for c in file.comments) != sorted(c.text for c in again.comments):
        raise FormatRefusedError(f"`{source.name}` was left as it is: a comment would have been lost")
    return text


def canonical_text(block: Plan | Guard) -> str:
    """The block in the one layout, without comments: what its version digest is taken of."""
    nowhere = Source("", "")
    return _layout(File(nowhere, (block,)), nowhere)


def _layout(file: File, source: Source) -> str:
    statements: list[tuple[str, list[Piece], Item | None]] = []
    for block in file.blocks:
        statements.append(("guard" if isinstance(block, Guard) else "head", head_pieces(block), None))
        statements += ((_section(item), statement_pieces(item), item) for item in block.items)
    spans = [piece.span for _, pieces, _ in statements for piece in pieces]
    attached, below = attach(source, spans, file.comments)
    lines: list[str] = []
    previous = ("", False)
    at = 0
    for section, pieces, item in statements:
        own = attached[at : at + len(pieces)]
        at += len(pieces)
        written = _statement(pieces, own, item)
        high = section == "rules" and len(written) > 1
        # the first statement of a guard stands directly below its head, as short as a guard is
        if section in {"head", "guard"} or (previous[0] != "guard" and (high or (section, high) != previous)):
            _blank(lines)
        _above(lines, own[0])
        lines += written
        previous = (section, high)
    _above(lines, below)
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\n" for line in lines)


def _section(item: Item) -> str:
    return "rules" if isinstance(item, Rule) else "definitions" if isinstance(item, Let | Param) else "limits"


def _blank(lines: list[str]) -> None:
    if lines and lines[-1]:
        lines.append("")


def _above(lines: list[str], attached: Attached) -> None:
    for text, gap in attached.above:
        if gap:
            _blank(lines)
        lines.append(text)
    if attached.above and attached.gap_below:
        _blank(lines)


def _statement(pieces: Sequence[Piece], attached: Sequence[Attached], item: Item | None) -> list[str]:
    """The lines of a statement without the comments above it."""
    inner = any(a.trailing for a in attached[:-1]) or any(a.above for a in attached[1:])
    if item is not None and not inner:
        text = one_line(item)
        if len(text) <= WIDTH or len(pieces) == 1:
            return [text + _behind(attached[-1])]
    lines: list[str] = []
    for group in _lines(pieces, attached, item):
        first = group[0]
        words = [pieces[first].line, *(pieces[i].text for i in group[1:])]
        if first:
            margin = words[0][: len(words[0]) - len(words[0].lstrip())]
            lines += [f"{margin}{text}" for text, _ in attached[first].above]
        lines.append(" ".join(words) + _behind(attached[group[-1]]))
    return lines


def _lines(pieces: Sequence[Piece], attached: Sequence[Attached], item: Item | None) -> list[list[int]]:
    """Which pieces share a line: each its own, but actions without comments stay together if they fit."""
    if not isinstance(item, Rule):
        return [[i] for i in range(len(pieces))]
    first = len(pieces) - len(item.actions)
    conditions = [[i] for i in range(first)]
    actions = list(range(first, len(pieces)))
    width = sum(len(pieces[i].text) + 1 for i in actions) + len("THEN")
    apart = any(attached[i].trailing for i in actions[:-1]) or any(attached[i].above for i in actions[1:])
    if apart or width > WIDTH:
        return conditions + [[i] for i in actions]
    return [*conditions, actions]


def _behind(attached: Attached) -> str:
    return f"  {attached.trailing}" if attached.trailing else ""
