"""Reading plan texts."""

from tradeplan.dsl.parse.parser import parse, parse_expression

__all__ = ["parse", "parse_expression"]
