"""Functions that compare one market with another."""
