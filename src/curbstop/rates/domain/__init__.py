"""The arithmetic of rates: documents become schedules, schedules and usage become lines of a bill."""
