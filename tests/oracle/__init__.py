"""The slow, obviously right interpreter: plain Python, written from docs/execution.md, sharing nothing with kernels."""
