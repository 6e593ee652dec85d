"""Brokers that keep the orders and positions of a run outside of it."""
