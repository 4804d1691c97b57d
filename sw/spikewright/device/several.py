"""A batch of samples on several boards at once, each of which runs a part of it."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from itertools import chain, count
from threading import Event

import numpy as np

from .answers import Answers
from .session import Session

__all__ = ["infer_on", "virtual_boards"]

#: Fewest samples for which another virtual board is started.
_SAMPLES = 100


class _Stopped(Exception):
    """Another board has failed, or the whole was interrupted."""


def virtual_boards(samples: int) -> int:
    """Return on how many virtual boards so many samples are run: one for each processor at most."""
    return min(os.cpu_count() or 1, 1 + samples // _SAMPLES)


def infer_on(
    boards: Sequence[Session],
    spikes: np.ndarray,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> Answers:
    """Run a batch of samples on boards that hold the same network.

    An inference does not depend on those before it, so the answers are those of one board.

    Parameters
    ----------
    boards : sequence of Session
        At least one, each open.
    spikes : array ``[samples, steps, inputs]``
        As :meth:`~spikewright.device.session.Session.infer_all` takes them.
    progress : callable
        Told after each sample how many are done; several threads may tell it.

    Raises
    ------
    DataError, DeviceError
        As :meth:`~spikewright.device.session.Session.infer_all` raises them; the other boards stop
        after the sample that they are at.
    """
    if len(boards) == 1:
        return boards[0].infer_all(spikes, progress=progress)
    done = [0] * len(boards)
    stop = Event()

    def infer(number: int, board: Session, part: np.ndarray) -> Answers:
        def tell(finished: int) -> None:
            if stop.is_set():
                raise _Stopped
            done[number] = finished
            progress(sum(done))

        try:
            return board.infer_all(part, progress=tell)
        except BaseException:
            stop.set()
            raise

    parts = np.array_split(np.asarray(spikes), len(boards))
    with ThreadPoolExecutor(len(boards)) as pool:
        try:
            futures = list(map(partial(pool.submit, infer), count(), boards, parts))
            wait(futures)
        finally:
            stop.set()
    for error in (future.exception() for future in futures):
        if error is not None and not isinstance(error, _Stopped):
            raise error
    given = [future.result() for future in futures]
    return replace(
        given[0], sent=np.asarray(spikes),
        inferences=tuple(chain.from_iterable(one.inferences for one in given)),
    )
