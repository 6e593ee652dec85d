"""A library function driven bar by bar through its plain step, from the first bar of its lane."""

from __future__ import annotations

import math

from tradeplan.dsl.catalog import Catalog, Gap
from tradeplan.dsl.graph import Node


class Stepped:
    """The state of one CALL node and the rows of outputs that it has given so far; None is UNKNOWN."""

    def __init__(self, node: Node, catalog: Catalog) -> None:
        name, *parameters, outputs = node.data
        self.function = catalog[str(name)]
        self.parameters = [as_float(p) for p in parameters]
        assert isinstance(outputs, int)
        self.outputs = outputs
        self.rows: list[list[float | None]] = []
        self.reset()

    def reset(self) -> None:
        """State as before the first bar."""
        self.floats = [0.0] * self.function.floats
        self.integers = [0] * self.function.integers
        self.ring = [0.0] * self.function.ring(self.parameters)

    def step(self, inputs: list[float | bool | None]) -> None:
        """One bar."""
        x = [math.nan if i is None else float(i) for i in inputs]
        out = [math.nan] * self.outputs
        if any(i is None for i in inputs) and self.function.gap is not Gap.OWN:
            if self.function.gap is Gap.RESET:
                self.reset()
        else:
            assert self.function.step is not None, f"{self.function.name} has no step"
            self.function.step(self.floats, self.integers, self.ring, self.parameters, x, out)
        self.rows.append([None if math.isnan(o) else o for o in out])


def as_float(value: object) -> float:
    """A constant parameter as the step receives it."""
    assert isinstance(value, (int, float))
    return float(value)
