"""The command `plan`: one file per command, imported when chosen."""

from tradeplan.runtime.cli.main import main

__all__ = ["main"]
