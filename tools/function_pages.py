"""Writes the page of every function and their index, from what the registry says of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

import drawings
from tradeplan.dsl.catalog import ENUMERATIONS, Catalog, Feature, Function, Named, Output, Parameter, SameAs, Scale
from tradeplan.dsl.explain.spans import duration_text
from tradeplan.dsl.graph import Graph, Node, Op
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.settings import SETTINGS
from tradeplan.stdlib.registry import catalog as registered

NOTE = "This page is generated: `python tools/reference.py` writes it, a test compares it.\n"

INDEX = """\
A function is read on a view: `rsi(14)` on the plan's own market and timeframe, `btc.H1.rsi(14)` on another (see
[the language](../language.md)). Arguments go by place or by name. Each has a page; those of the seven categories of
conditions have a guide besides, and [the list of what traders ask for](../conditions.md) says what to write for it.

*event*: TRUE on single bars; *state*: TRUE as long as it holds; *value*: anything else; *management*: only in rules
without BUY or SELL, since it looks at the open position.
"""

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"
GUIDES = {
    "breakers": "managing.md",
    "confluence": "timeframes.md",
    "correlation": "correlation.md",
    "exits": "managing.md",
    "institutional": "structure.md",
    "momentum": "momentum.md",
    "news": "news.md",
    "order_flow": "order-flow.md",
    "scaling": "managing.md",
    "stops": "managing.md",
    "volatility": "volatility.md",
}
"""The page of docs/guide that teaches a category, once it is there."""

SCALES = {Scale.PRICE: "grows with the price", Scale.NONE: "does not depend on the price", Scale.OWN: ""}


def file_of(function: Function) -> str:
    """The page's file name."""
    return f"{function.name.replace('.', '_')}.md"


def pages(catalog: Catalog | None = None) -> dict[str, str]:
    """Index, pages and pictures by path below docs/reference."""
    catalog = registered() if catalog is None else catalog
    found = {"functions.md": index(catalog)}
    found |= {f"functions/{file_of(function)}": page(function, catalog) for function in catalog}
    return found | {f"drawings/{d.file}": drawings.svg(d) for d in drawings.drawings().values()}


def index(catalog: Catalog) -> str:
    """Every function in a line, by category."""
    by_category: dict[str, list[Function]] = {}
    for function in catalog:
        by_category.setdefault(function.category, []).append(function)
    lines = ["# Functions", "", NOTE, INDEX]
    for category, functions in sorted(by_category.items()):
        about = (importlib.import_module(f"tradeplan.stdlib.{category}").__doc__ or "").strip()
        lines += [f"## {category}", "", *([about, ""] if about else [])]
        guide = _guide(category)
        lines += [f"Guide: [{guide.partition('.')[0]}](../guide/{guide})", ""] if guide else []
        lines += ["| function | | reads | what it is |", "|---|---|---|---|"]
        lines += [
            f"| [`{f.name}`](functions/{file_of(f)}) | {_nature(f)} | {_data(f, catalog)} | {_cell(f.summary)} |"
            for f in functions
        ]
        lines.append("")
    lines += ["## Words", "", "| list | words |", "|---|---|"]
    lines += [f"| {name} | {', '.join(f'`{w}`' for w in words)} |" for name, words in ENUMERATIONS.items()]
    return "\n".join(lines) + "\n"


def page(function: Function, catalog: Catalog) -> str:
    """One function: how it is written, what it takes and gives, what it computes and where that comes from."""
    lines = [f"# {function.name}", "", NOTE, f"`{_signature(function)}`", "", function.summary, ""]
    guide = _guide(function.category)
    there = f"; the guide: [{guide.partition('.')[0]}](../../guide/{guide})" if guide else ""
    lines += [f"*{_nature(function)}* of [{function.category}](../functions.md#{function.category}){there}", ""]
    drawing = drawings.drawings().get(function.name)
    if drawing is not None:
        lines += [f"![{function.name}](../drawings/{drawing.file})", "", drawing.caption, ""]
    if function.definition:
        lines += ["## Definition", "", _sentence(function.definition), ""]
    lines += ["## Takes", ""]
    if function.parameters:
        lines += ["| argument | takes | default | bounds | |", "|---|---|---|---|---|"]
        lines += [_parameter(p) for p in function.parameters]
        lines += ["", *_profile_notes(function)]
    else:
        lines += ["Nothing: it is written without parentheses.", ""]
    lines += ["## Gives", "", *_gives(function.outputs), "", "## Data", ""]
    lines += [f"- **Reads**: {_data(function, catalog)}"]
    made = sorted({r.name for r in function.reads if isinstance(r, Named)})
    if made:
        named = ", ".join(f"[`{name}`]({file_of(catalog[name])})" for name in made)
        lines.append(f"- **Made from**: {named}")
    if not function.management:
        bars = bars_needed(function, catalog)
        none = "none, it reads the profile" if function.fixed else "none, it reads the clock"
        lines.append(f"- **Bars of M5 before the first value**: {bars or none}{_waits(function)}")
    lines += [f"- **Without data**: {function.without_data}", ""]
    beside = [f"Beside it stands {_either(c.one_of, catalog)}: it {c.reason}." for c in function.companions]
    if function.opposed:
        beside.append(f"Its bull and its bear do not go together in one AND: {function.opposed}.")
    if beside:
        lines += ["## Beside it", "", *(part for text in beside for part in (text, "")), "`plan check` warns.", ""]
    lines += ["## Example", "", "```plan-part", function.example, "```", ""]
    lines += ["## Source", "", _sentence(function.source), ""]
    return "\n".join(lines)


def bars_needed(function: Function, catalog: Catalog | None = None) -> int:
    """Closed bars of M5 up to the first known value, as the checker works it out; 0 if none is read."""
    lookback, _ = _compiled(function, registered() if catalog is None else catalog)
    return lookback


def _compiled(function: Function, catalog: Catalog, timeframe: str = "M5") -> tuple[int, list[Node]]:
    """The lookback of a plan that asks for the function with its least arguments, and the nodes that it is made of."""
    arguments = ", ".join(_stand_in(p) for p in function.parameters if p.default is None)
    call = f"{function.name}({arguments})" if arguments else function.name
    rule = f"WHEN known({call}) THEN BUY RISK 0.5% STOP 10 pips\n"
    if function.management:
        rule = f"WHEN time(utc) = 00:00 THEN BUY RISK 0.5% STOP 10 pips\nWHEN known({call}) THEN CLOSE\n"
    source = Source(function.name, f"PLAN needs\nTRADE eurusd ON {timeframe}\n{rule}")
    checked = check_source(source, catalog, load_facts(), Graph())
    if not checked.plans:
        raise ValueError(f"no plan can be made with `{call}`: {[d.message for d in checked.diagnostics]}")
    plan = checked.plans[0]
    waiting, seen = [plan.rules[-1].condition], set[Node]()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += node.inputs
    return max((bars for _, bars in plan.lookback), default=0), list(seen)


def _stand_in(parameter: Parameter) -> str:
    """The least argument of a required parameter; values are taken from the open, which no function reads itself."""
    kind = parameter.kind
    if kind is None or kind.base is Base.PRICE:
        return "open"
    match kind.base:
        case Base.CONDITION:
            return "open > open"
        case Base.DISTANCE:
            return "10 pips"
        case Base.ENUMERATION:
            return next(iter(ENUMERATIONS[kind.of]))
        case Base.SPAN | Base.BARS:
            return f"{parameter.low or 1:g} bars"
        case _:
            return f"{parameter.low or 1:g}"


STREAMS = {
    "ticks": "ticks",
    "trades": "trades with the aggressor's side",
    "book": "order book",
    "calendar": "calendar of news",
}

PROXIES = {"flow": "with `by=tick_rule` ticks", "tick source": "with `by=tick_volume` `tick_volume` of bars"}
"""What is read in the place of a stream if the plan asks for it, by the list of words that `by` takes."""


def _data(function: Function, catalog: Catalog) -> str:
    """What it reads of bars, and beyond them."""
    _, nodes = _compiled(function, catalog, "M2")  # no function names this one, so what is read on it is the view
    required = any(
        p.default is None and (p.kind is None or p.kind.base is not Base.ENUMERATION) for p in function.series
    )
    fields = {str(n.data[0]) for n in nodes if n.op is Op.FIELD} - ({"open"} if required else set())
    streams = {str(n.data[1]) for n in nodes if n.op is Op.FEATURE}
    parts = [f"{', '.join(f'`{field}`' for field in sorted(fields))} of bars"] if fields else []
    parts += sorted(STREAMS.get(stream, stream) for stream in streams)
    if any(isinstance(r, Feature) and r.stream == "{by}" for r in function.reads):
        parts[-1] += f" ({PROXIES[next(p.kind.of for p in function.parameters if p.name == 'by' and p.kind)]})"
    views = {n.lane.timeframe for n in nodes if n.lane and not n.lane.steps and n.op is Op.FIELD}
    named = ", ".join(timeframe for timeframe in TIMEFRAMES if timeframe in views - {"M2"})
    if named:
        parts.append(f"on {named}{' besides the view' if 'M2' in views else ', whatever the view'}")
    if function.fixed:
        parts.append("the market's profile")
    if any(n.op is Op.CALENDAR for n in nodes):
        parts.append("the clock")
    if any(n.op is Op.POSITION for n in nodes):
        parts.append("the position")
    if required:
        parts.append("its arguments")
    return "; ".join(parts) or "nothing"


def _guide(category: str) -> str:
    name = GUIDES.get(category, "")
    return name if name and (GUIDE / name).exists() else ""


def _nature(function: Function) -> str:
    condition = str(function.outputs[0].kind) == "condition"
    what = ("event" if function.event else "state") if condition else "value"
    return f"{what}, management" if function.management else what


def _waits(function: Function) -> str:
    if function.awaits:
        return f" at least: it waits for {function.awaits}"
    return ", at the worst time to begin" if function.waits else ""


def _either(names: Iterable[str], catalog: Catalog) -> str:
    return " or ".join(f"[`{name}`]({file_of(catalog[name])})" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _signature(function: Function) -> str:
    parts = [
        p.name + ("..." if p.variadic else "" if p.default is None else f"={p.default}") for p in function.parameters
    ]
    return f"{function.name}({', '.join(parts)})" if parts else function.name


def _parameter(parameter: Parameter) -> str:
    low, high = parameter.low, parameter.high
    words = parameter.kind is not None and parameter.kind.base is Base.ENUMERATION
    unit = " bars" if parameter.kind is not None and parameter.kind.base is Base.SPAN else ""
    bounds = "" if words or low is None or high is None else f"{low:g} to {high:g}{unit}"
    if bounds and parameter.kind is not None and parameter.kind.base is Base.DURATION:
        bounds = f"{duration_text(round(low)) if low else '0'} to {duration_text(round(high or 0))}"
    if words and parameter.kind is not None:
        bounds = ", ".join(f"`{word}`" for word in ENUMERATIONS[parameter.kind.of])
    default = "required" if parameter.default is None else f"`{parameter.default}`"
    return f"| `{parameter.name}` | {_takes(parameter)} | {default} | {bounds} | {_cell(parameter.about)} |"


def _profile_notes(function: Function) -> list[str]:
    """What a default of the market's profile is where the profile does not say."""
    given = " ".join(p.default or "" for p in function.parameters)
    found = [f"`{key}` is {setting.default:g}" for key, setting in SETTINGS.items() if f"profile.{key}" in given]
    return [f"`profile.` is the profile of the market; where it does not say, {', '.join(found)}.", ""] if found else []


def _takes(parameter: Parameter) -> str:
    kind = parameter.kind
    what = "number, price, distance or percent" if kind is None else str(kind)
    if not parameter.series:
        return what
    return f"one or more values: {what}" if parameter.variadic else f"a value: {what}"


def _gives(outputs: Iterable[Output]) -> list[str]:
    outputs = tuple(outputs)
    zone = {"low", "high", "exists"} <= {o.name for o in outputs}
    if len(outputs) == 1:
        return ["; ".join(part for part in (_sentence(_output_kind(outputs[0])), _scale(outputs[0])) if part) + "."]
    lines = ["A zone, so `price IN` it can be asked, and `.mid` is its middle.", ""] if zone else []
    lines += ["| result | kind | unit | |", "|---|---|---|---|"]
    for number, output in enumerate(outputs):
        first = " (when no result is named)" if number == 0 and not zone else ""
        about = _cell(output.about or ("what the page says" if number == 0 else ""))
        lines.append(f"| `.{output.name}`{first} | {_output_kind(output)} | {_scale(output)} | {about} |")
    return lines


def _scale(output: Output) -> str:
    """How it changes with the price; of conditions and words nobody asks."""
    kind = _output_kind(output)
    return "" if kind == "condition" or kind.endswith(" word") else SCALES[output.scale]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _output_kind(output: Output) -> str:
    kind = output.kind
    if output.name == "exists":
        return "condition"
    if not isinstance(kind, SameAs):
        return "price" if kind.base is Base.ZONE else str(kind)
    if kind.as_distance:
        return f"a distance where `{kind.parameter}` is a price, else the kind of `{kind.parameter}`"
    return f"the kind of `{kind.parameter}`"
