"""The pages of billing, by noun."""
