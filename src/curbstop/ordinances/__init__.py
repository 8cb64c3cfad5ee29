"""Code sections, the effective-dated rules that cite them, and the texts and calendar of the city."""
