"""The commands, a module for each: its options, and what it does with them.

Each has a function ``add`` that adds the command to the parser. What it does is calls of the
library, and what is printed.
"""
