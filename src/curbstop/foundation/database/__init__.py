"""The one way to PostgreSQL: its server, its roles, transactions, bulk copies, locks and refusals."""
