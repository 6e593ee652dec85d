"""The standard library: one file per function; registering happens by being here."""
