"""Use cases that cross rooms: each is one transaction of the rooms' own verbs, with no tables of its own."""
