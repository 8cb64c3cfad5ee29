"""Curbstop: the revenue office of a small American city, from a meter read to a bank deposit."""
