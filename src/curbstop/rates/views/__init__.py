"""The pages of rates: the city's tariffs by version, and drafts of the next one."""
