"""Progress of a job: a line for each part of it, what it is doing and how long it took."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from .. import terminal

__all__ = ["JobProgress", "duration"]


def duration(seconds: float) -> str:
    """Return a time in words, such as ``40 s``, ``3 min`` or ``1.5 h``."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


class JobProgress:
    """The parts of a job as they run: live on a terminal, as plain lines where there is none.

    Several parts may run at once, in different threads. Use as a context manager.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or terminal.console(stderr=True)
        self._live = self.console.is_terminal
        self._lock = threading.Lock()
        self._progress = Progress(
            SpinnerColumn("line", finished_text="✓"),
            TextColumn("{task.description}"),
            TextColumn("[dim]{task.fields[doing]}"),
            TimeElapsedColumn(),
            console=self.console,
            disable=not self._live,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    @contextmanager
    def part(self, name: str) -> Iterator[Callable[[str], None]]:
        """Run the body as a part; the ``with`` yields a function to say what it is doing now."""
        task = self._progress.add_task(name, total=1, doing="")
        started = time.monotonic()

        def tell(doing: str) -> None:
            self._progress.update(task, doing=doing)

        yield tell
        self._progress.update(task, completed=1, doing="")
        if not self._live:
            with self._lock:
                self.console.print(f"✓ {name} ({time.monotonic() - started:.1f} s)")
