"""Volatility: ranges that shrink and widen, and how far price has stretched."""
