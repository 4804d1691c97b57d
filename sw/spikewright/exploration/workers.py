"""Workers: processes of this machine, or those of a Dask cluster, that each do one thing at a time.

A function is called in a worker with the task first, which travels there once.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import connection
from queue import Empty, LifoQueue
from types import TracebackType
from typing import Any, Protocol, Self

from ..errors import DataError, ToolError
from ..extras import missing
from ..process import stop_all
from ..task.task import Task
from ..temporary import remove_all
from . import work

__all__ = ["Cluster", "Lost", "Processes", "Workers", "lost"]

#: Seconds for a scheduler to answer.
_ANSWER_S = 10
#: How often a function is called again whose worker is lost.
_AGAIN = 3

_one_at_a_time = threading.Lock()


class Lost(Exception):
    """Worker after worker has ended while it did the same thing."""


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

    If one ends in the middle, by lack of memory for instance, another one takes its place, and what
    it was doing is done again, up to three times.

    Parameters
    ----------
    task : Task
    count : int
    """

    def __init__(self, task: Task, *, count: int):
        self._task = task
        self._threads = ThreadPoolExecutor(count)
        self._idle: LifoQueue[_Process] = LifoQueue()
        self._started: list[_Process] = []
        self._ending = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending = error is not None  # then nobody waits for what is being done
        for process in list(self._started) if self._ending else ():
            process.end()
        self._threads.shutdown(cancel_futures=True)
        for process in self._started:
            process.end()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Call a function in one of the processes."""
        return self._threads.submit(self._call, function, arguments)

    def _call(self, function: Callable[..., Any], arguments: tuple) -> Any:
        for _ in range(1 + _AGAIN):
            try:
                process = self._idle.get_nowait()
            except Empty:  # as many are started as are busy at once
                process = _Process(self._task)
                self._started.append(process)
            try:
                done, result = process.ask(function, arguments)
            except (EOFError, OSError):
                process.end()
                if self._ending:
                    break
                continue
            self._idle.put(process)
            if done:
                return result
            raise result
        raise Lost("a process ended while it worked")


class _Process:
    """A process that calls functions, one at a time, and answers by a pipe."""

    def __init__(self, task: Task):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, task), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, function: Callable[..., Any], arguments: tuple) -> tuple[bool, Any]:
        """Call a function; return whether it returned, and what it returned or raised.

        Raises :exc:`EOFError` or :exc:`OSError` if the process has ended.
        """
        self._pipe.send((function, arguments))
        return self._pipe.recv()

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.join()


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
    return isinstance(error, Lost) or type(error).__name__ in (
        "CancelledError", "FutureCancelledError", "KilledWorker",
    )


def _serve(pipe: connection.Connection, task: Task) -> None:
    """Call what is asked for, until nobody asks any more.

    Ctrl-C is the business of the process that asks, and so is the end of this one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_owner, daemon=True).start()
    while True:
        try:
            function, arguments = pipe.recv()
        except EOFError:
            return
        try:
            answer = True, function(task, *arguments)
        except Exception as error:
            answer = False, error
        pipe.send(answer)


def _end_with_owner() -> None:
    owner = multiprocessing.parent_process()
    if owner is None:
        return
    connection.wait([owner.sentinel])
    stop_all(for_good=True)
    remove_all()
    os._exit(1)


def _there(code: str, function: Callable[..., Any], task: Task, *arguments: Any) -> Any:
    """Call a function on a worker of a cluster, whose code must be that of who asks."""
    if work.code() != code:
        raise ToolError(
            "a worker of the cluster has another version of Spikewright, of Python or of a package "
            "that results depend on; install the same there"
        )
    with _one_at_a_time:  # training sets the number of threads of its process
        return function(task, *arguments)
