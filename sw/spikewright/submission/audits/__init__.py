"""What the auditor knows of each benchmark: a file for each, without the code that runs it."""
