"""Reasons to leave a trade, each with a strength; they are read on any view."""
