"""The lowest floor: the few named tools that every room stands on, and nothing a city would call its own."""
