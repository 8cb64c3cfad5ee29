"""Pure arithmetic of treasury: the journal's lines."""
