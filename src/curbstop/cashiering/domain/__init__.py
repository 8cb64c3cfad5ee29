"""Pure arithmetic of the counter: tenders, change, rounding and counts."""
