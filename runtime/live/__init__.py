"""A running instance: the folder of plans, the feed, the loop, the way back after a stop."""
