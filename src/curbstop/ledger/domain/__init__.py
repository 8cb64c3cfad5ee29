"""Pure parts of the ledger: what an entry is made of, and in which order a payment is applied."""
