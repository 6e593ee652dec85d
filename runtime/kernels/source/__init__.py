"""Kernel sources: plain Python functions over flat arrays, run as they are or compiled to machine code."""
