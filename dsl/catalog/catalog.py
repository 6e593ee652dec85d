"""The functions that plans may name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradeplan.dsl.catalog.function import Function


class Catalog:
    """Functions by name."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self._by_name: dict[str, Function] = {}
        for function in functions:
            if function.name in self._by_name:
                raise ValueError(f"function `{function.name}` is registered twice")
            self._by_name[function.name] = function

    def get(self, name: str) -> Function | None:
        """The function of a name, or None."""
        return self._by_name.get(name)

    def __getitem__(self, name: str) -> Function:
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._by_name))

    def __iter__(self) -> Iterator[Function]:
        return iter(self._by_name.values())
