"""Small pieces of HTML: escaped text, figures with their exact value, tables, JSON that cannot break out."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
FORMS = {
    "money": ",.2f",
    "signed": "+,.2f",
    "ratio": ",.2f",
    "share": ".1%",
    "change": "+.2%",
    "percent": ",.2f",
    "count": ",.0f",
    "r": "+,.3f",
    "correlation": "+.2f",
}
"""How figures are written, by name."""
_TONED = {"signed", "r", "change", "correlation"}


def text(value: object) -> str:
    """Anything as text of a page: names, titles and plan texts come from outside."""
    return escape(str(value), quote=True)


def number(value: float | None, form: str) -> str:
    """A figure as people read it; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    written = format(value, FORMS[form])
    if not any(digit in written for digit in "123456789"):
        written = written.lstrip("+-")  # no sign before a zero
    return written.replace("-", MINUS) + ("%" if form == "percent" else "")


def figure(value: float | None, form: str, key: str = "", tone: bool = True, why: str = "no meaning here") -> str:
    """A figure with its exact value; signed ones have a sign and a colour.

    `key` is where it stands in the page's JSON: `result/...` or `analysis/...`; `why` is told where there is none.
    """
    written = number(value, form)
    if written == NOTHING or value is None:
        return f'<span class="none" title="{text(why)}">{NOTHING}</span>'
    mark = ""
    if tone and form in _TONED and value and any(digit in written for digit in "123456789"):
        mark = ' class="gain"' if value > 0 else ' class="loss"'
    path = f' data-key="{text(key)}"' if key else ""
    return f'<data value="{json.dumps(value)}"{path}{mark}>{written}</data>'


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1, note: str = "", kind: str = ""
) -> str:
    """A table of cells that are HTML already; the first `words` columns hold words, the others figures."""
    heads = "".join(f'<th scope="col"{_kind(i, words)}>{name}</th>' for i, name in enumerate(head))
    lines = []
    for row in rows:
        first, *others = row
        cells = "".join(f"<td{_kind(i, words)}>{cell}</td>" for i, cell in enumerate(others, start=1))
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    body = "\n".join(lines)
    below = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table class="{kind}">'
        f"<caption><span>{caption}</span></caption><thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>"
        f"</table></div>{below}\n"
    )


def _kind(column: int, words: int) -> str:
    return "" if column < words else ' class="figure"'


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values, both HTML already."""
    return '<dl class="pairs">' + "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>\n" for k, v in rows) + "</dl>\n"


def section(anchor: str, title: str, body: str, lead: str = "") -> str:
    """A section of the page, nothing if it has no body."""
    if not body:
        return ""
    said = f'<p class="lead">{lead}</p>\n' if lead else ""
    return (
        f'<section id="{anchor}" aria-labelledby="{anchor}-title">\n<h2 id="{anchor}-title">{title}</h2>\n'
        f"{said}{body}</section>\n"
    )


def json_block(anchor: str, value: object) -> str:
    """A value as JSON inside the page, for scripts and for people who take the numbers elsewhere."""
    # INVARIANT: no `<`, `>` or `&` stands in the block, so nothing in it can end it or start a comment or a tag
    written = json.dumps(finite(value), separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="{anchor}">{written}</script>\n'


def finite(value: Any) -> Any:
    """The same value with None for floats that JSON cannot hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return value


def digest_source(content: str) -> str:
    """What a content security policy calls an inline script or style with exactly this content."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode('utf-8')).digest()).decode('ascii')}'"
