"""MetaTrader 5: the bridge to the package, which runs in a process of its own."""
