"""What a running instance remembers: one SQLite file, a journal that is durable, a writer that is fast."""
