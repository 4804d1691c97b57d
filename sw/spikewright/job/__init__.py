"""Jobs: the packages joined into what a command does."""
