"""Looking at a run from outside: why a plan does nothing, what it differs in from a backtest, measures and messages."""
