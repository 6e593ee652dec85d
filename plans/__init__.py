"""Example plans and the symbol profiles, shipped with the program."""
