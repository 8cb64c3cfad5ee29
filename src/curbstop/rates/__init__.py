"""Rates: what a unit, a day, a meter and a cart cost, from when, and by which section of the code."""
