"""A record does what the dataclass of the standard library does, which is the oracle here."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest
from tradeplan.dsl.record import mutable_record, record


@record
class Spot:
    """A frozen one, with each kind of field."""

    name: str
    price: float = 1.0
    seen: list[int] = field(default_factory=list)
    note: str = field(default="", compare=False, repr=False)
    kept: list[int] = field(default_factory=list, init=False, compare=False, repr=False)

    @property
    def doubled(self) -> float:
        """Methods stay."""
        return 2 * self.price


@mutable_record
class Draft:
    """A mutable one."""

    name: str
    price: float = 1.0


@dataclass(frozen=True, slots=True)
class _PlainSpot:
    name: str
    price: float = 1.0
    seen: list[int] = field(default_factory=list)
    note: str = field(default="", compare=False, repr=False)
    kept: list[int] = field(default_factory=list, init=False, compare=False, repr=False)


@dataclass(slots=True)
class _PlainDraft:
    name: str
    price: float = 1.0


CALLS: tuple[Callable[[Any], Any], ...] = (
    lambda of: of("eurusd"),
    lambda of: of("eurusd", 2.0),
    lambda of: of(price=2.0, name="eurusd"),
    lambda of: of(),
    lambda of: of("eurusd", lots=1),
    lambda of: of("eurusd", name="gold"),
    lambda of: of("eurusd", float("nan")),
    lambda of: of("eurusd") == of("eurusd"),
    lambda of: of("eurusd") == of("gold"),
    lambda of: of("eurusd") == ("eurusd", 1.0),
    lambda of: hash(of("eurusd", 1.0, ())) == hash(of("eurusd", 1.0, ())),
    lambda of: hash(of("eurusd")),
    lambda of: replace(of("eurusd"), price=3.0),
    lambda of: replace(of("eurusd"), lots=3.0),
    lambda of: asdict(of("eurusd")),
    lambda of: [(one.name, one.default, one.compare) for one in fields(of)],
    lambda of: of.__match_args__,
    lambda of: of.__slots__,
    lambda of: hasattr(of("eurusd"), "__dict__"),
)


def _answer(call: Callable[[Any], Any], of: type) -> str:
    try:
        return repr(call(of))
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("ours", "plain"), [(Spot, _PlainSpot), (Draft, _PlainDraft)])
def test_a_record_answers_as_a_dataclass_does(ours: type, plain: type, call: Callable[[Any], Any]) -> None:
    assert _answer(call, ours) == _answer(call, plain).replace(plain.__name__, ours.__name__)


def test_a_record_never_changes_and_a_mutable_one_does() -> None:
    spot, draft = Spot("eurusd"), Draft("eurusd")
    with pytest.raises(FrozenInstanceError, match="`price` of a Spot is never changed"):
        spot.price = 2.0  # type: ignore[misc]  # what is refused here is what the types refuse
    with pytest.raises(FrozenInstanceError, match="`name` of a Spot is never changed"):
        del spot.name
    draft.price = 2.0
    assert (spot.price, spot.doubled, draft.price) == (1.0, 2.0, 2.0)


def test_each_record_has_a_list_of_its_own() -> None:
    first, second = Spot("eurusd"), Spot("eurusd")
    first.seen.append(1)
    first.kept.append(1)
    assert (second.seen, second.kept) == ([], [])


def test_only_what_is_compared_makes_two_records_different() -> None:
    assert Spot("eurusd", note="a") == Spot("eurusd", note="b")
    assert Spot("eurusd", 2.0) != Spot("eurusd", 3.0)
    assert len({Spot("eurusd", 1.0, (), note=note) for note in "ab"}) == 1  # type: ignore[arg-type]  # hashable


def test_records_are_copied_and_sent_between_processes() -> None:
    spot = Spot("eurusd", 2.0, [1], "n")
    for other in (copy.copy(spot), copy.deepcopy(spot), pickle.loads(pickle.dumps(spot))):
        assert other == spot
        assert other.note == "n"
    assert copy.deepcopy(spot).seen is not spot.seen


def test_a_class_keeps_the_equality_that_it_wrote() -> None:
    @record
    class Alone:
        """Equal to itself only."""

        name: str

        __eq__ = object.__eq__
        __hash__ = object.__hash__

    one = Alone("a")
    assert one != Alone("a")
    assert len({one, one, Alone("a")}) == 2


def test_a_record_is_matched_by_its_fields() -> None:
    match Spot("gold", 4.0):
        case Spot(name, price):
            assert (name, price) == ("gold", 4.0)
