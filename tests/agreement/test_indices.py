"""Compiled kernels count indices from zero and check none: here every index of the interpreted ones is checked."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from tradeplan.runtime.kernels import signature
from tradeplan.runtime.kernels.build import Kernels

from tests.agreement.runs import run_differences
from tests.oracle.cases import random_case


class Checked:
    """A view that refuses an index outside it, negative ones too."""

    def __init__(self, view: memoryview) -> None:
        self.view, self.size = view, len(view)

    def _within(self, index: int | slice) -> int | slice:
        first, last = (index.start or 0, index.stop) if isinstance(index, slice) else (index, index + 1)
        if not (0 <= first <= self.size and (last is None or 0 <= last <= self.size)):
            raise IndexError(f"{index} of {self.size}")
        return index

    def __getitem__(self, index: int | slice) -> Any:
        found = self.view[self._within(index)]
        return Checked(found) if isinstance(index, slice) else found

    def __setitem__(self, index: int | slice, value: Any) -> None:
        self.view[self._within(index)] = value.view if isinstance(value, Checked) else value

    def __len__(self) -> int:
        return self.size

    def tolist(self) -> list[Any]:
        return self.view.tolist()


def test_no_kernel_reads_or_writes_outside_its_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    viewed = signature._viewed
    made = []

    def checked(name: str, kind: str, value: Any) -> Any:
        view = viewed(name, kind, value)
        if not isinstance(view, memoryview):
            return view
        made.append(name)
        return Checked(view)

    monkeypatch.setattr(signature, "_viewed", checked)
    for seed in range(12):
        case = random_case(Random(seed))
        if case.plans:
            assert run_differences(case, Kernels("interpreted"), 7) == [], case.text
    assert made


def test_the_check_itself_finds_a_negative_index() -> None:
    with pytest.raises(IndexError):
        Checked(memoryview(bytearray(3)))[-1]
