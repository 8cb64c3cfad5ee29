"""The site as Django runs it: settings, the table of addresses, the WSGI entry."""
