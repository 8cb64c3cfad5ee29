"""One function per journey, each one transaction."""
