"""Plain arithmetic on values of one bar."""
