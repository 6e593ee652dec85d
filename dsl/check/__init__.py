"""The checker: from the syntax tree to checked plans over the graph, all mistakes of a file at once."""

from tradeplan.dsl.check.blocks import Elaborated, check_guard, check_plan, version
from tradeplan.dsl.check.lookback import lookback

__all__ = ["Elaborated", "check_guard", "check_plan", "lookback", "version"]
