"""The schema's history: one file a migration, `up` and `down`, in the order of their names."""
