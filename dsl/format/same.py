"""Whether two trees say the same, wherever it was written."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from tradeplan.dsl.nodes import File
from tradeplan.dsl.source import Span


def same_tree(a: File, b: File) -> bool:
    """Whether the blocks of two files are equal but for their places."""
    return same_nodes(a.blocks, b.blocks)


def same_nodes(a: Any, b: Any) -> bool:
    """Whether two nodes, or tuples of nodes, are equal but for their places. Walks without recursion."""
    pairs = [(a, b)]
    while pairs:
        left, right = pairs.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, Span):
            continue
        if isinstance(left, tuple):  # nodes are named tuples, but for those whose fields a tuple has methods for
            if len(left) != len(right):
                return False
            pairs += zip(left, right, strict=True)
        elif is_dataclass(left):
            pairs += ((getattr(left, f.name), getattr(right, f.name)) for f in fields(left))
        elif left != right:
            return False
    return True
