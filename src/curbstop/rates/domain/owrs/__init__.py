"""The Open Water Rate Specification: published rate files of utilities, read into schedules."""
