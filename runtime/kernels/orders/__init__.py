"""The order loop: plain functions over flat arrays, run as they are or compiled; see docs/execution.md."""
