"""Each name that a plan uses, with what it expands to."""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import STREAMS_OF_WORDS, ZONES, Calendar, Feature, Field, Function, Named, Parameter
from tradeplan.dsl.check.context import Use
from tradeplan.dsl.check.profile_defaults import PROFILE, PROFILE_KEY, default_text
from tradeplan.dsl.explain.origins import origins
from tradeplan.dsl.format import expression_text
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.nodes import Guard, Let, Param, Plan
from tradeplan.dsl.source import Source


def _argument(use: Use, parameter: Parameter) -> str:
    """An argument as written, or its default as one would write it."""
    given = use.arguments.get(parameter.name)
    if given:
        return ", ".join(expression_text(e) for e in given)
    if PROFILE in (parameter.default or ""):
        market = use.view.facts.name if use.view is not None else ""
        number = default_text(parameter.default or "", use.view)
        return f"{number} (profile of {market}: {', '.join(PROFILE_KEY.findall(parameter.default or ''))})"
    percent = parameter.kind is not None and parameter.kind.base is Base.PERCENT and not parameter.series
    default = parameter.default or ""
    return f"{default}%" if percent and default and not default.endswith("%") else default


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    """A placeholder such as `{k}` replaced by the argument of that name; `-{direction}` by the other side."""
    if text.startswith("-{"):
        word = arguments.get(text[2:-1], text)
        return {"bull": "bear", "bear": "bull", "with": "against", "against": "with"}.get(word, f"-{word}")
    return arguments.get(text[1:-1], text) if text.startswith("{") and text.endswith("}") else text


def _reads(function: Function, arguments: Mapping[str, str]) -> str:
    words = []
    for read in function.reads:
        match read:
            case Field():
                words.append(read.name)
            case Calendar():
                zone = _filled(read.zone, arguments)
                day = "the broker's day" if zone == "broker" else ZONES.get(zone, zone)
                words.append(f"{read.what} of {day}")
            case Feature():
                word = _filled(read.stream, arguments)
                stream = next((s[word] for s in STREAMS_OF_WORDS.values() if word in s), word)
                words.append(f"{read.name} of {stream}")
            case Named():
                given = ", ".join(_filled(a, arguments) if isinstance(a, str) else f"{a:g}" for a in read.arguments)
                words.append(f"{read.name}({given})" + (f".{read.output}" if read.output else ""))
    return f"reads {', '.join(words)}" if words else ""


def _expansion(use: Use, function: Function) -> str:
    arguments = {p.name: _argument(use, p) for p in function.parameters}
    call = f"{function.name}({', '.join(f'{name}={text}' for name, text in arguments.items())})"
    if not arguments:
        call = function.name
    parts = [(name, part) for name, part in function.where if isinstance(part, str)]
    where = "".join(f", where {name} is `{part}`" for name, part in parts)
    details = f"is `{use.expansion}`{where}" if use.expansion else _reads(function, arguments)
    return f"{call}: {function.summary}" + (f" ({details})" if details else "")


def definitions(written: Plan | Guard) -> dict[str, str]:
    """LETs and PARAMs by name, as text."""
    found = {}
    for item in written.items:
        if isinstance(item, Let):
            found[item.name.text] = f"LET: {expression_text(item.value)}"
        elif isinstance(item, Param):
            bounds = [("FROM", item.low), ("TO", item.high), ("STEP", item.step)]
            text = " ".join(f"{word} {expression_text(e)}" for word, e in bounds if e is not None)
            found[item.name.text] = f"PARAM: {expression_text(item.value)} {text}".rstrip()
    return found


def name_rows(uses: list[Use], source: Source, defined: Mapping[str, str]) -> list[list[str]]:
    """Rows of: as written, where it is read, kind, expansion; each name once, then PARAMs that are constants by now."""
    rows: list[list[str]] = []
    seen: set[tuple[str, str]] = set()
    for use in uses:
        written = " ".join(source.slice(use.span).split())
        function = use.function
        if function is None:
            expansion = defined.get(use.name, "")
            where = origins(use.value.node).in_words()
        else:
            expansion = _expansion(use, function)
            if function.primitive or use.view is None:
                where = origins(use.value.node).in_words()
            else:
                where = f"{use.view.facts.name} {use.view.timeframe}"
        if (written, where) not in seen:
            seen.add((written, where))
            rows.append([written, where, str(use.value.kind), expansion])
    named = {row[0] for row in rows}
    rows += [[name, "a constant", "", text] for name, text in defined.items() if name not in named]
    return rows
