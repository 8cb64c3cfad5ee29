"""How names, addresses and telephone numbers are cleaned and folded for search."""
