"""Workers: processes of this machine, or those of a Dask cluster, that each do one thing at a time.

A function is called in a worker with the task first, which travels there once.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing import connection
from types import TracebackType
from typing import Any, Protocol, Self

from ..errors import DataError, ToolError
from ..extras import missing
from ..process import stop_all
from ..task.task import Task
from ..temporary import remove_all
from . import work

__all__ = ["Cluster", "Processes", "Workers", "lost"]

#: Seconds for a scheduler to answer.
_ANSWER_S = 10
#: How often a function is called again whose worker is lost.
_AGAIN = 3

_task: Task | None = None
_one_at_a_time = threading.Lock()


class Workers(Protocol):
    """Where functions are called; used in a ``with``."""

    def __enter__(self) -> Self:
        """Start the workers, or find them."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave them; what has not begun is not begun any more."""
        ...

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Call a function of :mod:`~spikewright.exploration.work`, with the task first."""
        ...


class Processes:
    """Processes of this machine.

    Parameters
    ----------
    task : Task
    count : int
    """

    def __init__(self, task: Task, *, count: int):
        self._pool = ProcessPoolExecutor(
            count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin,
            initargs=(task,),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:  # nobody waits for what is being done
            for process in list((self._pool._processes or {}).values()):
                process.kill()
        self._pool.shutdown(cancel_futures=True)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Call a function in one of the processes."""
        return self._pool.submit(_here, function, *arguments)


class Cluster:
    """The workers of a Dask cluster, reached by its scheduler.

    If a worker is lost, what it was doing is done by another, up to three times.

    Parameters
    ----------
    task : Task
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    ToolError
        Dask is not installed.
    DataError
        No scheduler answers at the address, or it has no worker.
    """

    def __init__(self, task: Task, *, address: str):
        try:
            from distributed import Client
        except ModuleNotFoundError as error:
            raise missing(error) or error from None
        try:
            self._client = Client(address, timeout=_ANSWER_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise DataError(
                f"scheduler is {address!r}, where no Dask scheduler answers: {error}; start one by "
                "`dask scheduler`, and give the address that it prints"
            ) from error
        if not self._client.scheduler_info()["workers"]:
            self._client.close()
            raise DataError(
                f"the scheduler at {address} has no worker; start one by `dask worker {address}` "
                "where Spikewright is installed"
            )
        self._task = self._client.scatter(task, broadcast=True)
        self._executor = self._client.get_executor(retries=_AGAIN, pure=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._executor.shutdown(wait=error is None)
        self._client.close()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Call a function on one of the workers."""
        return self._executor.submit(_there, work.code(), function, self._task, *arguments)


def lost(error: BaseException) -> bool:
    """Whether what a function raised is that its workers are gone."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ in (
        "CancelledError", "FutureCancelledError", "KilledWorker",
    )


def _begin(task: Task) -> None:
    """Set up a process: Ctrl-C is the business of the one that started it, and so is its end."""
    global _task
    _task = task
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_owner, daemon=True).start()


def _end_with_owner() -> None:
    owner = multiprocessing.parent_process()
    if owner is None:
        return
    connection.wait([owner.sentinel])
    stop_all(for_good=True)
    remove_all()
    os._exit(1)


def _here(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(_task, *arguments)


def _there(code: str, function: Callable[..., Any], task: Task, *arguments: Any) -> Any:
    """Call a function on a worker of a cluster, whose code must be that of who asks."""
    if work.code() != code:
        raise ToolError(
            "a worker of the cluster has another version of Spikewright, of Python or of a package "
            "that results depend on; install the same there"
        )
    with _one_at_a_time:  # training sets the number of threads of its process
        return function(task, *arguments)
