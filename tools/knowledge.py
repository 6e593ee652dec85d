"""Writes docs/KNOWLEDGE.md, the one file that a language model needs to write plans, from what is registered."""

from __future__ import annotations

import re
import tomllib
from itertools import takewhile
from pathlib import Path

from tradeplan.dsl.catalog import ENUMERATIONS, Function, Output, Parameter, SameAs, Scale
from tradeplan.dsl.check.sources import READINGS
from tradeplan.dsl.diagnostic import Severity, diagnostic_kinds
from tradeplan.dsl.foreign import foreign_market, foreign_names, missing_names
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).resolve().parent / "knowledge.md"
MISTAKES = Path(__file__).resolve().parent / "mistakes.toml"
NOTE = "This page is generated: `python tools/reference.py` writes it from `tools/knowledge.md`, a test compares it.\n"

CATEGORIES = {
    "correlation": ("correlation", "pairs"),
    "order flow": ("order_flow",),
    "volatility": ("volatility",),
    "institutional": ("institutional",),
    "multi-timeframe": ("confluence",),
    "adaptive and news": ("news",),
    "momentum": ("momentum",),
}
"""The seven categories of conditions, and the folders of the library that hold their functions."""


def page() -> str:
    """The text of the page. The modules that declare codes of `plan check` must be imported before."""
    parts = {
        "note": NOTE,
        "markets": _markets(),
        "timeframes": ", ".join(TIMEFRAMES),
        "sources": _sources(),
        "words": "\n".join(f"- {name}: {', '.join(f'`{w}`' for w in words)}" for name, words in ENUMERATIONS.items()),
        "functions": _functions(),
        "categories": _categories(),
        "mistakes": _mistakes(),
        "foreign": _foreign(),
        "missing": ", ".join(f"`{name}`" for name in missing_names()),
        "diagnostics": _diagnostics(),
        "plans": _plans(),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace("{" + name + "}", part)
    return text


def plans_page() -> str:
    """The table of the example plans, for plans/README.md."""
    lines = ["# Example plans", "", NOTE.replace("`tools/knowledge.md`", "the plans themselves")]
    lines += [
        "Each is a file to learn from and to change: `plan check`, `plan explain`, `plan backtest` take it as it is.",
        "Without `--data` a backtest runs on the simulator. What they earn there says nothing about a real market.",
        "",
        "| plan | trades | what it does | from its comments |",
        "|---|---|---|---|",
    ]
    for path in sorted((ROOT / "plans").glob("*.plan")):
        text = path.read_text(encoding="utf-8")
        comment = " ".join(line.lstrip("# ").rstrip() for line in takewhile(_is_comment, text.splitlines()))
        traded = re.search(r"^TRADE (\S+) ON (\S+)", text, re.MULTILINE)
        title = re.search(r'^(?:PLAN|GUARD) \S+ "([^"]*)"', text, re.MULTILINE)
        where = f"{traded[1]} {traded[2]}" if traded else "all of them (a guard)"
        what = title[1] if title else ""
        lines.append(f"| [`{path.name}`]({path.name}) | {where} | {what} | {comment} |")
    lines += [
        "",
        "`symbols/` holds the profiles of the markets: names, sizes, spreads, sessions, numbers for stops and exits.",
        "",
        "All of it: [the language](../docs/language.md). For a language model: [KNOWLEDGE](../docs/KNOWLEDGE.md).",
    ]
    return "\n".join(lines) + "\n"


def _is_comment(line: str) -> bool:
    return line.startswith("#")


def _markets() -> str:
    lines = ["| market | other names | pip | profits in |", "|---|---|---|---|"]
    for facts in load_facts():
        others = ", ".join(f"`{name}`" for name in facts.names[1:]) or "-"
        traded = facts.quote_currency if facts.tradable else "only read, not traded"
        lines.append(f"| `{facts.name}` | {others} | {facts.pip:g} | {traded} |")
    return "\n".join(lines)


def _sources() -> str:
    names = [f"`{source}.{reading}`" for source, readings in READINGS.items() for reading in readings]
    names += [f"`{name}`" for name in catalog().names() if name.partition(".")[0] in READINGS]
    return ", ".join(names)


def _functions() -> str:
    lines: list[str] = []
    by_category: dict[str, list[Function]] = {}
    for function in catalog():
        by_category.setdefault(function.category, []).append(function)
    for category, functions in sorted(by_category.items()):
        lines += [f"**{category}**", "", *(_line(f) for f in functions), ""]
    return "\n".join(lines).rstrip()


def _line(function: Function) -> str:
    arguments = ", ".join(_argument(p) for p in function.parameters)
    what = "management" if function.management else ""
    if any(_kind(o) == "condition" for o in function.outputs[:1]):
        what = "; ".join(filter(None, ("event" if function.event else "state", what)))
    else:
        what = "; ".join(filter(None, ("value", what)))
    results = ", ".join(_result(o, len(function.outputs)) for o in function.outputs)
    closed = "" if function.without_data.startswith("UNKNOWN") else f" Without data: {_first(function.without_data)}"
    call = f"{function.name}({arguments})" if arguments else function.name
    return f"- `{call}` -> {results}; *{what}*: {_first(function.summary)}{closed}"


def _argument(parameter: Parameter) -> str:
    kind = "value" if parameter.kind is None else str(parameter.kind)
    if parameter.kind is not None and parameter.kind.base is Base.ENUMERATION:
        kind = parameter.kind.of
    name = parameter.name + ("..." if parameter.variadic else "")
    return f"{name}: {kind}" + (f" = {parameter.default}" if parameter.default is not None else "")


def _result(output: Output, number: int) -> str:
    scale = {Scale.PRICE: "scale price", Scale.NONE: "scale none", Scale.OWN: "scale own"}[output.scale]
    name = f"`.{output.name}` " if number > 1 else ""
    return f"{name}{_kind(output)} ({scale})"


def _kind(output: Output) -> str:
    kind = output.kind
    return f"like `{kind.parameter}`" if isinstance(kind, SameAs) else str(kind)


def _first(text: str) -> str:
    """The first sentence."""
    return text.partition(". ")[0].rstrip(".") + "."


def _categories() -> str:
    lines: list[str] = []
    for title, folders in CATEGORIES.items():
        functions = [f for f in catalog() if f.category in folders]
        if not functions:
            continue
        lines += [f"### {title.capitalize()}", "", ", ".join(f"`{f.name}`" for f in functions), ""]
        for side in ("BUY", "SELL"):
            examples = [f.example for f in functions if (" SELL " in f.example) == (side == "SELL")]
            if examples:
                lines += ["```plan-part", *examples, "```", ""]
    return "\n".join(lines).rstrip()


def _mistakes() -> str:
    with MISTAKES.open("rb") as file:
        found = tomllib.load(file)["mistake"]
    return "\n\n".join(
        f"```plan-part {m['code']}\n{m['wrong'].strip()}\n```\n\n```plan-part\n{m['right'].strip()}\n```" for m in found
    )


def _foreign() -> str:
    lines = ["| elsewhere | here |", "|---|---|"]
    lines += [f"| `{theirs}` | `{ours}` |" for theirs, ours in foreign_names().items()]
    lines += [f"| market `{name}` | `{foreign_market(name)}` |" for name in ("sp500", "bitcoin", "xau", "dollar")]
    return "\n".join(lines)


def _diagnostics() -> str:
    return "\n".join(
        f"- `{kind.code}`{' (warning)' if kind.severity is Severity.WARNING else ''}: {_lower(kind.why)}"
        for kind in diagnostic_kinds()
    )


def _lower(text: str) -> str:
    return (text if text[1:2].isupper() else text[:1].lower() + text[1:]).rstrip(".")


def _plans() -> str:
    blocks = [
        f"`plans/{path.name}`\n\n```plan\n{path.read_text(encoding='utf-8').rstrip()}\n```"
        for path in sorted((ROOT / "plans").glob("*.plan"))
    ]
    return "\n\n".join(blocks)
