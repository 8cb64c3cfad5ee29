"""People, premises, service points and the accounts that tie them together."""
