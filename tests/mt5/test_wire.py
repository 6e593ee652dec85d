"""What goes into the server's encoding comes out of the client's decoding, whatever the package may answer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tradeplan.runtime.mt5.server import Refusal, argument, encode
from tradeplan.runtime.mt5.structs import STRUCTS
from tradeplan.runtime.mt5.terminal import Call
from tradeplan.runtime.mt5.wire import Decoder, encoded

from tests.mt5.stand_in.MetaTrader5.sequences import FIELDS, RATES, TICKS, make

_KINDS: dict[str, Any] = {
    "int": st.integers(-(2**63), 2**64 - 1),
    "float": st.floats(allow_nan=False),
    "str": st.text(max_size=40),
    "bool": st.booleans(),
}


def _struct(name: str) -> st.SearchStrategy[Any]:
    fields = {
        field: _struct("TradeRequest") if kind == "TradeRequest" else _KINDS[kind]
        for field, kind in FIELDS[name].items()
    }
    return st.fixed_dictionaries(fields).map(lambda values: make(name, **values))


def _array(dtype: np.dtype[Any]) -> st.SearchStrategy[Any]:
    raw = st.integers(0, 5).flatmap(lambda n: st.binary(min_size=n * 60, max_size=n * 60))
    return raw.map(lambda data: np.frombuffer(data, dtype))


ANSWERS = st.one_of(
    st.none(),
    *_KINDS.values(),
    *(_struct(name) for name in FIELDS),
    *(st.lists(_struct(name), max_size=3).map(tuple) for name in ("TradePosition", "BookInfo", "OrderCheckResult")),
    st.tuples(st.integers(), st.integers(), st.text()),
    _array(RATES),
    _array(TICKS),
)


def same(ours: Any, theirs: Any) -> bool:
    """Equal in value and type; a struct became the named tuple of its name."""
    if isinstance(theirs, np.ndarray):
        return isinstance(ours, np.ndarray) and ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes()
    if isinstance(theirs, tuple):
        struct = STRUCTS.get(type(theirs).__name__, tuple)
        return type(ours) is struct and len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and ours == theirs


@settings(max_examples=150, deadline=None)
@given(st.lists(ANSWERS, max_size=4))
def test_answers_come_out_as_they_went_in(answers: list[Any]) -> None:
    parts: list[bytes] = []
    fields: dict[str, list[str]] = {}
    replies = [[encode(answer, parts, fields), 1, "Success"] for answer in answers]
    header = json.loads(json.dumps({"replies": replies, "fields": fields}))
    decoded = Decoder().replies(header, bytearray(b"".join(parts)))
    assert [same(reply.value, answer) for reply, answer in zip(decoded, answers, strict=True)] == [True] * len(answers)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*FIELDS["TradeRequest"], "tag", "stop"]),
        st.one_of(st.integers(-(2**65), 2**65), st.floats(), st.text(max_size=5), st.booleans(), st.none()),
        max_size=6,
    )
)
def test_a_request_reaches_the_package_with_its_types_or_not_at_all(request: dict[str, Any]) -> None:
    try:
        (_, (sent,), _) = encoded(Call("order_send", (request,)))
        read = argument("r", json.loads(json.dumps(sent)), "order_send")
    except (TypeError, Refusal):
        # something in it was no field, or not of the field's kind
        kinds = FIELDS["TradeRequest"]
        assert any(
            key not in kinds
            or value is None
            or isinstance(value, bool)
            or {"int": not isinstance(value, int), "str": not isinstance(value, str)}.get(
                kinds[key], isinstance(value, str)
            )
            or (isinstance(value, int | float) and not -(2**63) <= value < 2**63)
            or (isinstance(value, int) and value < 0)
            or value != value
            for key, value in request.items()
        )
        return
    assert read.keys() == request.keys()
    for key, value in read.items():
        assert type(value).__name__ == FIELDS["TradeRequest"][key]
        assert value == (float(request[key]) if isinstance(value, float) else request[key])


def test_a_batch_of_arrays_keeps_their_order() -> None:
    first, second = np.zeros(2, RATES), np.zeros(3, TICKS)
    first["open"], second["bid"] = (1.0, 2.0), (3.0, 4.0, 5.0)
    parts: list[bytes] = []
    replies = [[encode(array, parts, {}), 1, ""] for array in (first, second, first[:0])]
    decoded = Decoder().replies({"replies": replies, "fields": {}}, bytearray(b"".join(parts)))
    assert [r.value.tobytes() for r in decoded] == [first.tobytes(), second.tobytes(), b""]
    # the runtime may write into what it was given
    decoded[0].value["open"] = 7.0
    with pytest.raises(ValueError, match="read-only"):
        np.frombuffer(bytes(60), RATES)["open"] = 7.0
