"""The registers by code, each composed of columns that the rooms below offer."""

from curbstop.reports.queries.catalog import CATALOG, Entry, NoSuchRegister, register

__all__ = ["CATALOG", "Entry", "NoSuchRegister", "register"]
