"""Fills the texts of a function from its module's docstring, so that each is written once."""

from __future__ import annotations

from dataclasses import replace

from tradeplan.dsl.catalog import Function

SECTIONS = ("Definition", "Source", "Without data", "Example")


def sections(docstring: str) -> dict[str, str]:
    """The parts of a reference page by heading; the first paragraph stands under `Summary`.

    A part runs from `Heading:` at the start of a line to the next heading; its lines are joined by blanks.
    """
    parts: dict[str, list[str]] = {"Summary": []}
    current = "Summary"
    for line in docstring.strip().splitlines():
        heading, colon, rest = line.strip().partition(":")
        if colon and heading in SECTIONS:
            current, text = heading, rest.strip()
            parts[current] = []
        else:
            text = line.strip()
        if text:
            parts[current].append(text)
    return {name: " ".join(lines) for name, lines in parts.items()}


def documented(function: Function, docstring: str | None) -> Function:
    """The function with summary, definition, source, example and the answer without data taken from the docstring.

    Without a docstring (`python -OO`) the function keeps what it has. Raises ValueError if a part is missing.
    """
    if docstring is None:
        return function
    parts = sections(docstring)
    missing = [name for name in ("Summary", *SECTIONS) if not parts.get(name)]
    if missing:
        raise ValueError(f"the docstring of function `{function.name}` lacks: {', '.join(missing)}")
    return replace(
        function,
        summary=parts["Summary"],
        source=parts["Source"],
        without_data=parts["Without data"],
        example=parts["Example"].strip("`"),
        definition=parts["Definition"],
    )
