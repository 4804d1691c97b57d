"""The scoreboard: what came out against what should have, in order."""

from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Scoreboard"]


class Scoreboard:
    """Compares in order, for equality, and fails at the first difference.

    ``expect`` and ``observe`` are callbacks for monitors; :meth:`check` at the end of a test makes
    sure that nothing was lost and that anything was compared at all.

    Parameters
    ----------
    name : str
        What is compared; the messages begin with it.
    """

    def __init__(self, name: str = "output"):
        self.name = name
        self.compared = 0
        self._expected: deque[Any] = deque()

    def expect(self, value: Any) -> None:
        """Note a value which shall come."""
        self._expected.append(value)

    def expect_each(self, model: Callable[[Any], Any]) -> Callable[[Any], None]:
        """Return a callback that expects ``model(item)`` for each item that it is called with."""
        return lambda item: self.expect(model(item))

    def observe(self, value: Any) -> None:
        """Compare a value that came."""
        assert self._expected, (
            f"{self.name}[{self.compared}] is {value}, but nothing was expected any more"
        )
        expected = self._expected.popleft()
        assert value == expected, (
            f"{self.name}[{self.compared}] is {value}; the reference says {expected}"
        )
        self.compared += 1

    def check(self, *, at_least: int = 1) -> None:
        """Raise :exc:`AssertionError` unless all that was expected came, and enough of it."""
        assert not self._expected, (
            f"{self.name}: {len(self._expected)} values did not come, first {self._expected[0]}"
        )
        assert self.compared >= at_least, (
            f"{self.name}: only {self.compared} values were compared, not {at_least}"
        )
