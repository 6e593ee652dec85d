"""What the profile of a market says a breaker should trip at: numbers to compare readings with, in guards and plans."""
