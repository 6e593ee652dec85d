"""What a checked plan means, in words: names, data, legs, and the certificate that nothing looks ahead."""

from tradeplan.dsl.explain.explain import explain_text

__all__ = ["explain_text"]
