"""Pure parts of collections: what a late bill costs, interest by the day, deposits and plans."""
