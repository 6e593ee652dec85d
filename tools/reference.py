"""Writes docs/reference/ from what is registered: the functions of the standard library and the diagnostics."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from tradeplan.dsl.catalog import ENUMERATIONS, Function, Output, Parameter, SameAs
from tradeplan.dsl.diagnostic import diagnostic_kinds
from tradeplan.dsl.explain.spans import duration_text
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.page import sections
from tradeplan.stdlib.registry import catalog

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "This page is generated: `python tools/reference.py` writes it, a test compares it.\n"

FUNCTIONS = """\
A function is read on a view: `rsi(14)` on the plan's own market and timeframe, `btc.H1.rsi(14)` on another (see
[the language](../language.md)). Arguments go by place or by name.

*Bars needed* is how many closed bars of M5 must be there before the first known value, with every argument at its
default (required spans and counts at their least) and, for what waits for a day or session to begin, at the worst time
to start; *without data* tells what else must have been seen.
"""

DIAGNOSTICS = """\
Codes are stable: they stand in the text of a message, in `--format json` and in SARIF. An error refuses the plan, a
warning does not. The message itself says what was found, what was expected and what to do.
"""


def pages() -> dict[str, str]:
    """The text of every generated page by file name."""
    return {
        "functions.md": functions_page(),
        "diagnostics.md": diagnostics_page(),
        "../KNOWLEDGE.md": str(_knowledge().page()),
        "../../plans/README.md": str(_knowledge().plans_page()),
    }


def _knowledge() -> ModuleType:
    """The generator of the file for language models, which stands beside this one in no package."""
    for name in _declaring_modules():
        importlib.import_module(name)
    spec = importlib.util.spec_from_file_location("knowledge", Path(__file__).resolve().parent / "knowledge.py")
    assert spec is not None, "the file stands beside this one"
    assert spec.loader is not None, "and is Python"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions_page() -> str:
    """Every function: how it is written, what it takes and gives, what it computes and where that comes from."""
    by_category: dict[str, list[Function]] = {}
    for function in catalog():
        by_category.setdefault(function.category, []).append(function)
    lines = ["# Functions", "", NOTE]
    lines.append(FUNCTIONS)
    for category, functions in sorted(by_category.items()):
        about = (importlib.import_module(f"tradeplan.stdlib.{category}").__doc__ or "").strip()
        lines += [f"## {category}", "", *([about, ""] if about else []), "| function | what it is |", "|---|---|"]
        lines += [f"| [`{f.name}`](#{f.name}) | {_cell(f.summary)} |" for f in functions]
        lines.append("")
        for function in functions:
            lines += _function(function)
    lines += ["## Words", "", "| list | words |", "|---|---|"]
    lines += [f"| {name} | {', '.join(f'`{w}`' for w in words)} |" for name, words in ENUMERATIONS.items()]
    return "\n".join(lines) + "\n"


def diagnostics_page() -> str:
    """Every code that `plan check` may report."""
    for module in _declaring_modules():
        importlib.import_module(module)
    lines = ["# Diagnostics", "", NOTE]
    lines += [DIAGNOSTICS, "| code | severity | why it is reported |", "|---|---|---|"]
    lines += [f"| `{kind.code}` | {kind.severity} | {_cell(_clause(kind.why))} |" for kind in diagnostic_kinds()]
    return "\n".join(lines) + "\n"


def _declaring_modules() -> list[str]:
    """The modules that declare codes, so that the page does not depend on what else was imported."""
    found = []
    for folder in ("dsl", "runtime"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "= diagnostic_kind(" in path.read_text(encoding="utf-8"):
                parts = path.relative_to(ROOT).with_suffix("").parts
                found.append(".".join(("tradeplan", *(p for p in parts if p != "__init__"))))
    return found


def _clause(text: str) -> str:
    """A reason without the capital and the stop of a sentence, so that all of them look alike."""
    lowered = text if text[1:2].isupper() else text[:1].lower() + text[1:]
    return lowered.rstrip(".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _function(function: Function) -> list[str]:
    module = importlib.import_module(f"tradeplan.stdlib.{function.category}.{function.name.replace('.', '_')}")
    parts = sections(module.__doc__ or "")
    lines = [f"### {function.name}", "", f"`{_signature(function)}`", "", function.summary, ""]
    if function.management:
        lines += ["Only in rules without BUY or SELL: it looks at the open position.", ""]
    if function.event:
        lines += ["TRUE on single bars, not for as long as something holds.", ""]
    if function.parameters:
        lines += ["| parameter | takes | default | bounds | |", "|---|---|---|---|---|"]
        lines += [_parameter(p) for p in function.parameters]
        lines.append("")
    lines += [f"- **Gives**: {_outputs(function.outputs)}"]
    definition = function.definition or parts.get("Definition", "")
    if definition:
        lines.append(f"- **Definition**: {definition}")
    lines.append(f"- **Without data**: {function.without_data}")
    if not function.management:
        none = "none: it reads the profile" if function.fixed else "none: it reads the clock"
        lines.append(f"- **Bars needed**: {bars_needed(function) or none}")
    lines += [f"- **Source**: {function.source}", "", "```plan-part", function.example, "```", ""]
    return lines


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
        bounds = f"{duration_text(round(low or 0))} to {duration_text(round(high or 0))}"
    default = "required" if parameter.default is None else f"`{parameter.default}`"
    return f"| `{parameter.name}` | {_takes(parameter)} | {default} | {bounds} | {_cell(parameter.about)} |"


def _takes(parameter: Parameter) -> str:
    kind = parameter.kind
    what = "number, price, distance or percent" if kind is None else str(kind)
    if not parameter.series:
        return what
    return f"one or more values: {what}" if parameter.variadic else f"a value: {what}"


def _outputs(outputs: Iterable[Output]) -> str:
    outputs = tuple(outputs)
    if {o.name for o in outputs} == {"low", "high", "exists"}:
        return "a zone: `.low`, `.high`, `.mid`"
    if len(outputs) == 1:
        return _output_kind(outputs[0])
    return "; ".join(
        f"`.{o.name}` ({_output_kind(o)}{', when no result is named' if i == 0 else ''}): {o.about}"
        for i, o in enumerate(outputs)
    )


def _output_kind(output: Output) -> str:
    kind = output.kind
    if not isinstance(kind, SameAs):
        return str(kind)
    if kind.as_distance:
        return f"a distance where `{kind.parameter}` is a price, else the kind of `{kind.parameter}`"
    return f"the kind of `{kind.parameter}`"


def bars_needed(function: Function) -> int:
    """Closed bars of M5 up to the first known value, as the checker works it out; 0 if none is read."""
    arguments = ", ".join(_stand_in(p) for p in function.parameters if p.default is None)
    call = f"{function.name}({arguments})" if arguments else function.name
    text = f"PLAN needs\nTRADE eurusd ON M5\nWHEN known({call}) THEN BUY RISK 0.5% STOP 10 pips\n"
    checked = check_source(Source(function.name, text), catalog(), load_facts(), Graph())
    if not checked.plans:
        raise ValueError(f"no plan can be made with `{call}`: {[d.message for d in checked.diagnostics]}")
    return max((bars for _, bars in checked.plans[0].lookback), default=0)


def _stand_in(parameter: Parameter) -> str:
    """The least argument of a required parameter."""
    kind = parameter.kind
    if kind is None or kind.base is Base.PRICE:
        return "close"
    match kind.base:
        case Base.CONDITION:
            return "close > open"
        case Base.DISTANCE:
            return "10 pips"
        case Base.ENUMERATION:
            return next(iter(ENUMERATIONS[kind.of]))
        case Base.SPAN | Base.BARS:
            return f"{parameter.low or 1:g} bars"
        case _:
            return f"{parameter.low or 1:g}"


def main() -> int:
    """Write the pages; with `--check` write nothing and fail where one is out of date."""
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                FOLDER.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}; `python tools/reference.py` writes them")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
