"""What can be submitted: a file for each benchmark, and its name among those that are known."""
