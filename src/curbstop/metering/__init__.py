"""Meters, what they read, and the usage that is billed from it."""
