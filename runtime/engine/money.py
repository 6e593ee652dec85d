"""Refuses blocks whose money is counted in another unit than the account: 100 of one are not 100 of the other."""

from __future__ import annotations

from collections.abc import Iterable

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Node, Op, SizeKind
from tradeplan.runtime.engine.account import AccountConfig, AccountError

_MONEY = frozenset({"equity", "balance", "loss"})


def refuse_other_money(blocks: Iterable[CheckedPlan | CheckedGuard], account: AccountConfig) -> None:
    """Raises AccountError for a block with money in it that was checked for an account in another unit."""
    for block in blocks:
        if block.currency not in ("", account.currency) and _has_money(block):
            kind = "plan" if isinstance(block, CheckedPlan) else "guard"
            raise AccountError(
                f"{kind} `{block.name}` was checked for an account in {block.currency} and holds money, but this"
                f" account is kept in {account.currency}: check it with `markets.with_account({account.currency!r})`,"
                " or give its text or file, which is then checked for this account"
            )


def _has_money(block: CheckedPlan | CheckedGuard) -> bool:
    if any(r.entry is not None and r.entry.size_kind is SizeKind.RISK_MONEY for r in block.rules):
        return True
    seen: set[Node] = set()
    waiting = [rule.condition for rule in block.rules]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            if node.op is Op.ACCOUNT and node.data[0] in _MONEY:
                return True
            waiting.extend(node.inputs)
    return False
