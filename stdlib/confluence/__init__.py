"""Several views or several kinds of evidence at once."""
