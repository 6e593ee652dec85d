"""`python -m tradeplan.runtime.cli` is the command `plan`."""

from tradeplan.runtime.cli.main import main

main()
