"""Functions of conditions over time: counting, remembering, ordering."""
