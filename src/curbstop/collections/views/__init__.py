"""Pages of collections: runs of late charges, waivers, deposits, and an account with all of it."""
