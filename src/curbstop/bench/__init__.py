"""Measurements: each figure beside its baseline, taken in the same run on the same machine.

Absolute figures say more about the machine than about the program, so the gates are ratios.
"""
