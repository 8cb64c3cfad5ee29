"""Value objects that travel between rooms."""
