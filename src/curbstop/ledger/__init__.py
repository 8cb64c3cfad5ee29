"""The ledger: what is owed, what was paid, and the journal that proves both."""
