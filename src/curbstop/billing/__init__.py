"""Billing: a cycle's usage becomes drafted, reviewed, approved and released bills."""
