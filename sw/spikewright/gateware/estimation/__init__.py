"""What a network will take on a part, before anything is built."""
