"""Cashiering: drawers, carts, tenders and receipts; it sees only what is owed in the ledger."""
