"""Work beside the main thread: builds that wait for tools while something else computes."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep
from types import TracebackType
from typing import Self, TypeVar

from ..tools import stop_all

__all__ = ["Background"]

T = TypeVar("T")


class Background:
    """Threads for builds, ended with their tools when the ``with`` is left by an exception.

    So Ctrl-C in the main thread, or a failure there, leaves no tool running, and each build gets to
    remove what it had half written.
    """

    def __init__(self, *, jobs: int = 2):
        self._pool = ThreadPoolExecutor(jobs)
        self._futures: list[Future] = []

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Start ``work``; its result, or what it raises, is the future's."""
        future = self._pool.submit(work)
        self._futures.append(future)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            # A build may start its next tool after one was stopped.
            while not all(future.done() for future in self._futures):
                stop_all()
                sleep(0.1)
        self._pool.shutdown()
