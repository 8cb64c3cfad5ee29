"""The pages of the counter, by noun."""
