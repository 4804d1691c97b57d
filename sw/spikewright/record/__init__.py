"""Records: figures with their provenance, reports."""
