"""Who may do what: people, the roles they were given, and the permissions that the roles hold."""
