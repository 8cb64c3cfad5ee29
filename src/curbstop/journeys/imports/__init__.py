"""Files that start a journey: read into values or located errors, never written."""
