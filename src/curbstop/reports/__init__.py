"""Registers: what the rooms below did, as tables that print, sort and export."""
