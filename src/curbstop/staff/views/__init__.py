"""The pages of the staff face, by noun."""
