"""Treasury: deposits of what the drawers took, and the journal for the city's general ledger."""
