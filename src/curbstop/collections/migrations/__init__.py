"""Tables of collections and the rules that PostgreSQL keeps for them."""
