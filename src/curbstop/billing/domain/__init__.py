"""The arithmetic of a billing run, over columns and without a database."""
