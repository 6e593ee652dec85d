"""Random trees that the grammar can write, for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tradeplan.dsl import nodes as n
from tradeplan.dsl.source import Source, Span

NOWHERE = Span(0, 0)

names = st.sampled_from(["a", "close", "rsi", "dxy", "btc", "level_1", "m", "day", "x" * 64, "within", "stop"])
codes = st.sampled_from(["M1", "M15", "H4", "D1", "MN1"])
integers = st.integers(0, 9_999_999).map(str)
decimals = st.tuples(st.integers(0, 9_999_999), st.integers(0, 999_999_999)).map(lambda p: f"{p[0]}.{p[1]}")
numerals = integers | decimals
units = st.sampled_from(
    ["%", "R", "pips", "pip", "points", "ATR", "lots", "bars", "bar", "USD", "USC", "ms", "s", "m", "h", "d", "w"]
)
titles = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters='"'), max_size=20)

quantities = st.builds(n.Quantity, st.just(NOWHERE), numerals, units)
references = st.builds(n.Name, st.just(NOWHERE), names, st.none())
amounts = quantities | references
numbers = st.builds(n.Number, st.just(NOWHERE), numerals)
times = st.builds(n.ClockTime, st.just(NOWHERE), st.sampled_from(["00:00", "15:45", "23:59:59"]))
scalars = numbers | quantities | times


def _many(part: Any, kind: Any) -> Any:
    """One part as it is, or several under their operator."""
    return part | st.lists(part, min_size=2, max_size=3).map(lambda parts: kind(NOWHERE, tuple(parts)))


def _chain(part: Any, operators: str) -> Any:
    def fold(parts: tuple[Any, list[tuple[str, Any]]]) -> Any:
        node = parts[0]
        for op, right in parts[1]:
            node = n.Binary(NOWHERE, op, node, right)
        return node

    return st.tuples(part, st.lists(st.tuples(st.sampled_from(operators), part), max_size=2)).map(fold)


def _calls(inner: Any) -> Any:
    named = st.builds(lambda name, value: n.Compare(NOWHERE, "=", n.Name(NOWHERE, name), value), names, scalars)
    arguments = st.lists(inner | named, max_size=2).map(
        lambda values: n.Call(NOWHERE, tuple(n.Argument(NOWHERE, v) for v in values))
    )
    return st.none() | arguments


def _postfix(inner: Any) -> Any:
    atom = (
        st.builds(n.Name, st.just(NOWHERE), names, _calls(inner))
        | st.builds(n.Timeframe, st.just(NOWHERE), codes)
        | st.builds(n.Group, st.just(NOWHERE), inner)
    )
    member = st.tuples(names, _calls(inner)).map(lambda p: lambda b: n.Member(NOWHERE, b, p[0], NOWHERE, p[1]))
    view = codes.map(lambda code: lambda b: n.View(NOWHERE, b, code, NOWHERE))
    ago = st.integers(0, 500).map(lambda bars: lambda b: n.Ago(NOWHERE, b, bars))

    def fold(parts: tuple[Any, list[Any]]) -> Any:
        node = parts[0]
        for trailer in parts[1]:
            node = trailer(node)
        return node

    return st.tuples(atom, st.lists(member | view | ago, max_size=2)).map(fold)


def _level(inner: Any) -> Any:
    primary = scalars | _postfix(inner)
    unary = primary | st.builds(n.Minus, st.just(NOWHERE), primary)
    total = _chain(_chain(unary, "*/"), "+-")
    comparison = (
        total
        | st.builds(n.Compare, st.just(NOWHERE), st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), total, total)
        | st.builds(n.Crosses, st.just(NOWHERE), st.booleans(), total, total)
        | st.builds(n.Between, st.just(NOWHERE), total, total, total)
        | st.builds(n.Inside, st.just(NOWHERE), total, total)
    )
    held = st.builds(n.HeldFor, st.just(NOWHERE), comparison, amounts)
    temporal = comparison | held | st.builds(n.Within, st.just(NOWHERE), comparison | held, amounts)
    negatable = temporal | st.builds(n.Not, st.just(NOWHERE), comparison)
    term = negatable | st.builds(n.Optional, st.just(NOWHERE), negatable)
    return _many(_many(term, n.And), n.Or)


_leaves = references | scalars
sums = _chain(_leaves | _postfix(_leaves), "+-*")
expressions: Any = _level(_level(_leaves))

_takes = st.lists(st.builds(n.Take, st.just(NOWHERE), amounts, references | quantities), max_size=2).map(tuple)
_pending = st.builds(n.PendingOrder, st.just(NOWHERE), st.booleans(), references | quantities, amounts)
_shared = (
    st.builds(n.Halt, st.just(NOWHERE), st.none() | amounts, st.none() | amounts)
    | st.builds(n.Flatten, st.just(NOWHERE))
    | st.builds(n.Alert, st.just(NOWHERE), titles)
)
actions = (
    st.builds(
        n.Enter,
        st.just(NOWHERE),
        st.sampled_from(["BUY", "SELL"]),
        st.booleans(),
        amounts,
        st.none() | _pending,
        references | quantities,
        st.none() | references | quantities,
        _takes,
    )
    | st.builds(n.Close, st.just(NOWHERE), st.none() | amounts)
    | st.builds(n.Add, st.just(NOWHERE), amounts)
    | st.builds(n.MoveStop, st.just(NOWHERE), references | quantities)
    | st.builds(n.Cancel, st.just(NOWHERE))
    | _shared
)

_identifiers = st.builds(n.Identifier, st.just(NOWHERE), names)
_frames = st.builds(n.Identifier, st.just(NOWHERE), codes)
_texts = st.none() | st.builds(n.Text, st.just(NOWHERE), titles)
_dates = st.builds(n.Date, st.just(NOWHERE), st.sampled_from(["2026-12-31", "1999-01-01"]))
_literals = scalars | _dates | st.builds(n.Minus, st.just(NOWHERE), scalars)
_lets = st.builds(n.Let, st.just(NOWHERE), _identifiers, expressions)
_params = st.builds(n.Param, st.just(NOWHERE), _identifiers, _literals, st.none(), st.none(), st.none()) | st.builds(
    n.Param, st.just(NOWHERE), _identifiers, _literals, _literals, _literals, st.none() | _literals
)
_limits = (
    st.builds(n.Cooldown, st.just(NOWHERE), amounts)
    | st.builds(n.MaxPer, st.just(NOWHERE), st.builds(n.Number, st.just(NOWHERE), st.just("3")) | references, amounts)
    | st.builds(n.Once, st.just(NOWHERE))
    | st.builds(n.Expires, st.just(NOWHERE), _dates | references)
)

_caps = st.builds(
    n.Cap,
    st.just(NOWHERE),
    st.builds(n.Member, st.just(NOWHERE), references, names, st.just(NOWHERE), st.none()),
    st.sampled_from(["<=", ">=", "<", ">", "!="]),
    amounts,
)


def _rules(kind: Any) -> Any:
    return st.builds(n.Rule, st.just(NOWHERE), expressions, st.lists(kind, min_size=1, max_size=3).map(tuple))


_plans = st.builds(
    n.Plan,
    st.just(NOWHERE),
    _identifiers,
    _texts,
    _identifiers,
    _frames,
    st.lists(_lets | _params | _limits | _rules(actions), max_size=4).map(tuple),
)
_guards = st.builds(
    n.Guard,
    st.just(NOWHERE),
    _identifiers,
    _texts,
    st.lists(_lets | _params | _caps | _rules(_shared), max_size=3).map(tuple),
    st.none()
    | st.builds(n.Covers, st.just(NOWHERE), st.booleans(), st.lists(_identifiers, min_size=1, max_size=3).map(tuple)),
)
files = st.lists(_plans | _guards, max_size=2).map(lambda blocks: n.File(Source("", ""), tuple(blocks)))
