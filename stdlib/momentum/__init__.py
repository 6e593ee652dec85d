"""Momentum decay: price that goes on while its strength does not."""
