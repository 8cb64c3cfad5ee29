"""Collections: what happens when a bill is not paid in time, and the security deposits that stand behind it."""
