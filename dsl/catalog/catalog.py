"""The functions that plans may name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from tradeplan.dsl.catalog.function import Function

Loader = Callable[[], Function]


class Catalog:
    """Functions by name; a function given as a loader is loaded when it is first asked for.

    A plan names a few of a hundred functions, and importing all would be a good part of what `plan check` takes.
    """

    def __init__(self, functions: Iterable[Function], loaders: Mapping[str, Loader] | None = None) -> None:
        self._loaders = dict(loaders or {})
        self._by_name: dict[str, Function] = {}
        for function in functions:
            if function.name in self._by_name or function.name in self._loaders:
                raise ValueError(f"function `{function.name}` is registered twice")
            self._by_name[function.name] = function

    def get(self, name: str) -> Function | None:
        """The function of a name, or None."""
        found = self._by_name.get(name)
        if found is None and name in self._loaders:
            found = self._by_name[name] = self._loaders[name]()
        return found

    def __getitem__(self, name: str) -> Function:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: str) -> bool:
        return name in self._by_name or name in self._loaders

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted({*self._by_name, *self._loaders}))

    def __iter__(self) -> Iterator[Function]:
        """All functions, by name."""
        return (self[name] for name in self.names())
