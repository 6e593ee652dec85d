"""The schema's history: one file a migration, in the order of their names.

A file `mNNNN_what.py` has `up(db)` and `down(db)`, each done in one transaction; its first line says what it is for,
and `REWRITES` names the tables, if any, whose number of rows it changes. Nothing else has to be touched. Tables are
STRICT.
"""
