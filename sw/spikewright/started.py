"""Which of several processes this one is, by what ``torchrun`` writes into the environment."""

import os

__all__ = ["is_first", "started"]

_NAMES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def started() -> int:
    """Return how many processes were started together; 1 if this one was started alone."""
    if not all(name in os.environ for name in _NAMES):
        return 1
    count = os.environ["WORLD_SIZE"]
    return max(1, int(count)) if count.isdecimal() else 1


def is_first() -> bool:
    """Whether this process is the only one, or the one of them that prints and writes files."""
    return started() == 1 or os.environ["RANK"] == "0"
