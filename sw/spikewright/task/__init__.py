"""Tasks: data sets with their splits."""
