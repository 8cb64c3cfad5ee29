"""Pure rules of the ordinances room: known rule codes, dated versions, and letters as safe text."""
