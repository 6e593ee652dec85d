"""Market structure and its zones: breaks of swings, gaps, order blocks and what becomes of them."""
