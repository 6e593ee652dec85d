"""A function of the standard library as the language sees it: its signature, its needs and its step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from tradeplan.dsl.kinds import Kind
from tradeplan.dsl.record import record


class Gap(StrEnum):
    """What an UNKNOWN (NaN) among the inputs of a step does."""

    HOLD = "hold"  # the output is UNKNOWN, the state is not touched: the step is not called
    RESET = "reset"  # the output is UNKNOWN, the state starts again from zero: the step is not called
    OWN = "own"  # the step is called and deals with NaN itself (functions of conditions)


class Scale(StrEnum):
    """How an output changes when every price (series input) is multiplied by a constant: a law of the test suite."""

    PRICE = "price"  # multiplied by the same constant
    NONE = "none"  # unchanged
    OWN = "own"  # neither; the function's own tests say what


class SameAs(NamedTuple):
    """An output of a series argument's kind; `as_distance` turns a price into a distance (a slope, a difference)."""

    parameter: str
    as_distance: bool = False


class Parameter(NamedTuple):
    """A parameter.

    `series=False`: a constant (literal or PARAM), handed to the step in `p` in the order of declaration. A SPAN arrives
    as whole bars of the view (a duration is rounded up, at least 1); PERCENT as written (0.2 for `0.2%`); a word as its
    number; BARS and COUNT as integers in float64.
    `series=True`: an expression, handed to the step in `x` after the reads. `kind=None` takes number, price, distance,
    percent or count. `default` is a plan expression on the view (`close`) or a literal as written (`14`, `1h`, `bull`,
    `0.2`); `profile.stops.atr` in it is that number of the profile of the view's market, and a direction may be `with`
    or `against`, the plan's side; None means that the argument is required. `variadic` (last series parameter only)
    takes one or more arguments; the step then finds their number appended to `p`.
    `low` and `high` bound constants, in the unit of `p`.
    """

    name: str
    kind: Kind | None
    default: str | None = None
    series: bool = False
    low: float | None = None
    high: float | None = None
    variadic: bool = False
    about: str = ""


class Output(NamedTuple):
    """A result. A function with one output is used by its name alone; of several the first is the default.

    Outputs named `low`, `high` and `exists` of kind ZONE make the function's value a zone.
    """

    name: str
    kind: Kind | SameAs
    scale: Scale
    about: str = ""
    expands: str = ""  # of a function that expands: this result, where it is not the function's own expansion


class Field(NamedTuple):
    """Read a bar field of the view: open high low close tick_volume real_volume spread (a distance, never zero)."""

    name: str


class Calendar(NamedTuple):
    """Read a calendar column of the view's clock at the bar's close (`at_close`) or open.

    `what`: `seconds` (since local midnight), `weekday` (0 is Monday), `day` (number of the day; it changes at the
    boundary). `zone`: an IANA name, `broker` for the profile's day boundary, or `{parameter}` to take the IANA name of
    a constant parameter of kind `zone`.
    """

    what: str
    zone: str
    at_close: bool = True


class Feature(NamedTuple):
    """Read a column made from data beyond bars: one value per bar of the view, UNKNOWN where there is no such data.

    `name`: a file of the runtime's features. `stream`: what it is made from: `ticks`, `trades`, `book`, or `calendar`,
    which no market owns, so that it can be read on any clock; `{parameter}` takes the one that the parameter's word
    stands for, which may be a bar field instead: that is then read in its place. `arguments` as in `Named`.
    """

    name: str
    stream: str
    arguments: tuple[float | str, ...] = ()


class Named(NamedTuple):
    """Read another function on the same view: `Named("atr", (14,))`; `output` names one of several results.

    A text among the arguments, `{period}`, takes the value of the own constant parameter of that name; `-{direction}`
    its negative, the other side.
    """

    name: str
    arguments: tuple[float | str, ...] = ()
    output: str = ""

    @staticmethod
    def filled(argument: float | str, own: Mapping[str, float]) -> float | str:
        """The number of an argument that names an own parameter; others as they are."""
        if isinstance(argument, str) and argument.endswith("}"):
            number = own[argument[argument.index("{") + 1 : -1]]
            return -number if argument.startswith("-") else number
        return argument


Read = Field | Calendar | Feature | Named

Step = Callable[[Any, Any, Any, Any, Any, Any], None]
"""`step(f, k, ring, p, x, out)`: fixed float64 state, fixed int64 state, float64 ring, parameters, inputs, outputs.

State starts as zeros. Conditions go in and out as 0.0, 1.0, NaN. Times are milliseconds. Plain Python of the subset
that numba compiles: indexing, arithmetic, `math`, `min`, `max`, `abs`, `int`, loops; no allocation, no exceptions.
"""

Oracle = Callable[[Mapping[str, Sequence[float]], Mapping[str, float]], Mapping[str, Sequence[float]]]
"""`oracle(series, parameters) -> outputs`: slow and obviously right, over whole columns.

`series` is keyed by read (field name, `seconds`, `weekday`, `day`, name of the feature or of the read function; of one
that is read for several results `swing_break.level`) and by series parameter (a variadic one as `name0`, `name1`, ...);
NaN is UNKNOWN in and out. It must not share code with the step.
"""


Expansion = str | Callable[[Mapping[str, float]], str]
"""A plan expression such as `entry + side * (best - distance)`, or what makes one from the constants and `way`.

It may name parameters, values of the position, functions, and what only expansions know: `side` and `r` of the
position, `first` (its first filled size), `way` (1 in a plan that buys, -1 in one that sells) and `origin` (where the
position begins: its entry while it is managed; the order's price or the close in the rule that enters).
"""


class Companion(NamedTuple):
    """What a function says too little without: one of these functions in the same condition, and why."""

    one_of: tuple[str, ...]
    reason: str  # how a sentence ends that begins with the function: `says that ..., not where price is`


@record
class Function:
    """A function of the standard library. Made once, at module level, under the name `FUNCTION`, in its own file."""

    name: str
    category: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    reads: tuple[Read, ...] = ()
    outputs: tuple[Output, ...] = ()
    lookback: Callable[[Sequence[float]], int] = lambda p: 1  # the number of known inputs up to the first known output
    waits: int = (
        0  # longest way in ms from one beginning to the next of the day or session that the first output waits for
    )
    floats: int = 0
    integers: int = 0
    ring: Callable[[Sequence[float]], int] = lambda p: 0
    gap: Gap = Gap.HOLD
    event: bool = False  # TRUE for single bars, not for as long as something holds
    awaits: str = ""  # the event of the market without which no output is known: it may come long after the lookback
    companions: tuple[Companion, ...] = ()  # entries that use the function without one of these get a warning
    opposed: str = ""  # why its bull and its bear do not hold together: both in one AND get a warning
    step: Step | None = None
    oracle: Oracle | None = None
    primitive: str = ""  # lowered to this graph operation instead of a call of the step (abs, min, max, known, choose)
    expands: Expansion = ""  # a plan expression over the parameters instead of a step
    where: tuple[tuple[str, Expansion], ...] = ()  # named parts of the expansion, in order
    management: bool = False  # may be used only in rules that manage a position
    voice: bool = False  # its results are rank, strength, kind and timeframe of an exit: kept with what the rule does
    fixed: bool = False  # a number of the market's profile: no bars are read, so that a guard names no timeframe
    without_data: str = "UNKNOWN"
    source: str = ""  # where the definition comes from
    example: str = ""  # one line of a plan that uses it
    definition: str = ""  # what it computes, for its page

    @property
    def constants(self) -> tuple[Parameter, ...]:
        """The parameters that arrive in `p`, in order."""
        return tuple(p for p in self.parameters if not p.series)

    @property
    def series(self) -> tuple[Parameter, ...]:
        """The parameters that arrive in `x` after the reads, in order."""
        return tuple(p for p in self.parameters if p.series)
