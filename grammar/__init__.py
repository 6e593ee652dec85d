"""The grammar of plan files and its loader."""
