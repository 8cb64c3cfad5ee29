"""From register to usage, in exact integers over columns."""
