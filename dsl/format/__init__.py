"""Writing plan texts."""

from tradeplan.dsl.format.expression import amount_text, expression_text
from tradeplan.dsl.format.layout import FormatRefusedError, canonical_text, format_file
from tradeplan.dsl.format.same import same_nodes, same_tree
from tradeplan.dsl.format.statement import action_text

__all__ = [
    "FormatRefusedError",
    "action_text",
    "amount_text",
    "canonical_text",
    "expression_text",
    "format_file",
    "same_nodes",
    "same_tree",
]
