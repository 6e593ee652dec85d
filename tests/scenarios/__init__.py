"""Hand-computed scenarios: every rule of execution as a small text that a trader can check on paper."""
