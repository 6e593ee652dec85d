"""Columns made from data beyond bars, one value per bar; one feature is one file, and being there registers it."""
