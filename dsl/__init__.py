"""The language: from text to a checked plan and its graph, with no knowledge of data, brokers or numpy."""
