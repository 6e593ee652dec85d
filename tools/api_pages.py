"""Writes docs/reference/api.md: the public Python names, from their signatures and docstrings."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import types
from enum import Enum
from typing import Any

NOTE = "This page is generated: `python tools/reference.py` writes it, a test compares it.\n"

ABOUT = """\
What scripts and notebooks may rely on. Other names of the packages may change from version to version. Times are UTC
milliseconds unless a line says otherwise, money is in the currency of the account.

```python
from pathlib import Path

from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime import backtest
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

text = Path("my.plan").read_text(encoding="utf-8")
checked = check_source(Source("my.plan", text), catalog(), load_facts(), Graph())
print(render_text(checked.diagnostics))

result = backtest("my.plan")  # without bars on the simulator; else a frame, frames, a Dataset or a folder
print(result.performance.net, result.trades_frame().head())
```
"""

PUBLIC: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Run plans over bars",
        "`tradeplan.runtime` imports numpy and the rest only when `backtest` is asked for.",
        (
            "tradeplan.runtime:backtest",
            "tradeplan.runtime.engine.account:AccountConfig",
            "tradeplan.runtime.analysis.result:BacktestResult",
            "tradeplan.runtime.analysis.performance:Performance",
            "tradeplan.runtime.engine.backtest:BacktestError",
            "tradeplan.runtime.engine.account:AccountError",
        ),
    ),
    (
        "Look at a run",
        "The figures are defined in [the guide to the analysis](../guide/analysis.md).",
        (
            "tradeplan.runtime.analysis.analysis:analyse",
            "tradeplan.runtime.analysis.analysis:Analysis",
            "tradeplan.runtime.report.page:render_report",
        ),
    ),
    (
        "Bars and profiles",
        "How to store and import them is told in [the guide to data](../guide/data.md).",
        (
            "tradeplan.runtime.market.profiles:load_profiles",
            "tradeplan.runtime.market.profiles:Profiles",
            "tradeplan.runtime.market.dataset:Dataset",
            "tradeplan.runtime.market.rates:Rates",
            "tradeplan.runtime.market.simulator:simulated_dataset",
        ),
    ),
    (
        "Check and format plans",
        "This part imports neither numpy nor numba.",
        (
            "tradeplan.dsl.source:Source",
            "tradeplan.dsl.pipeline:check_source",
            "tradeplan.dsl.pipeline:Checked",
            "tradeplan.dsl.diagnostic:Diagnostic",
            "tradeplan.dsl.diagnostic:Severity",
            "tradeplan.dsl.diagnostic:Fix",
            "tradeplan.dsl.report:render_text",
            "tradeplan.dsl.report:render_json",
            "tradeplan.dsl.format:canonical_text",
            "tradeplan.runtime.market.facts:load_facts",
        ),
    ),
    (
        "The standard library, and functions of your own",
        "How a function is written is told in `stdlib/README.md`; each has [a page](functions.md).",
        (
            "tradeplan.stdlib.registry:catalog",
            "tradeplan.stdlib.registry:load_catalog",
            "tradeplan.stdlib.page:documented",
            "tradeplan.dsl.catalog:Function",
            "tradeplan.dsl.catalog:Parameter",
            "tradeplan.dsl.catalog:Output",
            "tradeplan.dsl.catalog:Field",
            "tradeplan.dsl.catalog:Named",
            "tradeplan.dsl.catalog:Feature",
            "tradeplan.dsl.catalog:Calendar",
            "tradeplan.dsl.catalog:Companion",
            "tradeplan.dsl.catalog:Gap",
            "tradeplan.dsl.catalog:Scale",
        ),
    ),
    (
        "A running instance",
        "What `plan run` is made of; [the guide to running](../guide/running.md) tells what it does.",
        (
            "tradeplan.runtime.live.instance:Instance",
            "tradeplan.runtime.live.instance:Settings",
        ),
    ),
)
"""The public names by section: title, a line about it, `module:name`."""

WIDTH = 100


def page() -> str:
    """The whole page."""
    lines = ["# The Python functions", "", NOTE, ABOUT]
    for title, about, names in PUBLIC:
        lines += [f"## {title}", "", about, ""]
        for name in names:
            lines += _entry(*name.split(":"))
    return "\n".join(lines).rstrip() + "\n"


def _entry(module: str, name: str) -> list[str]:
    """A heading, how it is called, what its docstring says, and of a class what it holds."""
    thing = getattr(importlib.import_module(module), name)
    lines = [f"### {name}", "", f"`from {module} import {name}`", ""]
    plain = not inspect.isclass(thing)
    if plain:
        lines += ["```python", _call(name, thing), "```", ""]
    lines += [_text(thing, f"{module}.{name}"), ""]
    if plain:
        return lines
    if issubclass(thing, Enum):
        return [*lines, *(f"- `{member.name}`: `{member.value}`" for member in thing), ""]
    if dataclasses.is_dataclass(thing):
        fields = [f for f in dataclasses.fields(thing) if f.init and not f.name.startswith("_")]
        notes = _notes(thing)
        lines += ["```python", *(_field(f) + notes.get(f.name, "") for f in fields), "```", ""]
    elif issubclass(thing, tuple):
        parameters = inspect.signature(thing).parameters.values()
        notes = _notes(thing)
        lines += ["```python", *(_named_field(p) + notes.get(p.name, "") for p in parameters), "```", ""]
    methods = [_member(key, value) for key, value in vars(thing).items() if _public(key, value)]
    return [*lines, *methods, ""] if methods else lines


def _public(name: str, value: object) -> bool:
    kinds = (types.FunctionType, property, classmethod, staticmethod)
    cached = type(value).__name__ == "cached_property"
    return not name.startswith("_") and (isinstance(value, kinds) or cached)


def _member(name: str, value: Any) -> str:
    """A line: a value by its name, a function with what it takes, and the first paragraph of its docstring."""
    function = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", value)
    is_value = isinstance(value, property) or type(value).__name__ == "cached_property"
    called = name if is_value else _call(name, function, short=True)
    about = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
    return f"- `{called}`{': ' + about if about else ''}"


def _notes(thing: type) -> dict[str, str]:
    """The comments behind the fields of a dataclass."""
    found = re.findall(r"^    (\w+): [^#\n]*?(  # [^\n]+)$", inspect.getsource(thing), re.MULTILINE)
    return dict(found)


def _named_field(parameter: inspect.Parameter) -> str:
    """A field of a named tuple, with the text of its type."""
    kind = getattr(parameter.annotation, "__forward_arg__", parameter.annotation)
    given = "" if parameter.default is parameter.empty else f" = {_default(parameter.default)}"
    return f"{parameter.name}: {kind}{given}"


def _field(field: dataclasses.Field[Any]) -> str:
    shown = field.default
    if shown is dataclasses.MISSING:
        missing = field.default_factory is dataclasses.MISSING
        return f"{field.name}: {field.type}" + ("" if missing else " = ...")
    return f"{field.name}: {field.type} = {_default(shown)}"


def _default(value: object) -> str:
    """A default that reads the same everywhere; a function or an object is only said to be there."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, str):
        return f'"{value}"'  # as the formatter writes it, which reads this page, too
    simple = value is None or isinstance(value, int | float | bool) or value == ()
    return repr(value) if simple else "..."


def _call(name: str, function: Any, *, short: bool = False) -> str:
    """`name(what: kind = default) -> kind`, on several lines where it is long."""
    signature = inspect.signature(function)
    parts, named_only = [], False
    for parameter in signature.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        named_only = named_only or parameter.kind is parameter.VAR_POSITIONAL
        if parameter.kind is parameter.KEYWORD_ONLY and not named_only:
            parts.append("*")
            named_only = True
        text = ("*" if parameter.kind is parameter.VAR_POSITIONAL else "") + parameter.name
        if parameter.annotation is not parameter.empty and not short:
            text += f": {parameter.annotation}"
        if parameter.default is not parameter.empty:
            text += f"={_default(parameter.default)}" if short else f" = {_default(parameter.default)}"
        parts.append(text)
    back = "" if signature.return_annotation is signature.empty else f" -> {signature.return_annotation}"
    line = f"{name}({', '.join(parts)}){back}"
    if short or len(line) <= WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){back}"])


def _text(thing: object, name: str) -> str:
    """The docstring, its paragraphs kept; raises ValueError where a public name has none."""
    text = inspect.getdoc(thing)
    if not text:
        raise ValueError(f"`{name}` is public and has no docstring")
    return text
