"""The order book as it stands: sizes by price, best levels first."""

from __future__ import annotations

from bisect import bisect_left, insort

BIDS, ASKS = 1, -1
DEPTH = 10
"""How many of the best levels of each side anything looks at; deeper ones are kept only so that they can come up."""


class Levels:
    """Both sides of a book."""

    def __init__(self) -> None:
        self.sizes: dict[int, dict[float, float]] = {BIDS: {}, ASKS: {}}
        self._prices: dict[int, list[float]] = {BIDS: [], ASKS: []}  # rising; asks negated, so that the best is last

    def clear(self) -> None:
        """An empty book."""
        for side in (BIDS, ASKS):
            self.sizes[side].clear()
            self._prices[side].clear()

    def put(self, side: int, price: float, size: float) -> None:
        """Set a level; size 0 removes it."""
        sizes, prices = self.sizes[side], self._prices[side]
        key = price * side
        if size > 0.0:
            if price not in sizes:
                insort(prices, key)
            sizes[price] = size
        elif sizes.pop(price, None) is not None:
            del prices[bisect_left(prices, key)]

    def best(self, side: int, count: int = DEPTH) -> list[tuple[float, float]]:
        """Price and size of the best levels of a side, the best first."""
        sizes = self.sizes[side]
        return [(key * side, sizes[key * side]) for key in reversed(self._prices[side][-count:])]

    def is_near(self, side: int, price: float, count: int = DEPTH) -> bool:
        """Whether a price is as good as one of the best levels of a side."""
        prices = self._prices[side]
        return len(prices) < count or price * side >= prices[-count]
