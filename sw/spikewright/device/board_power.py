"""The power of a board that is open, by any probe: which inferences run in a window at work."""

import time
from collections.abc import Callable

import numpy as np

from spikewright_hw.checks import instance
from spikewright_hw.protocol import Command

from .power import LEAST_WINDOW_S, TRIALS, Power, measure_power
from .probe import Probe
from .probe_choice import ProbeChoice
from .repeats import Repeats
from .session import Session

__all__ = ["board_power"]

#: Inferences of the run that is timed; and seconds that a run between two readings takes about,
#: of a probe that is read over the link.
_TIMED, _RUN_S = 16, 1.0


def board_power(
    session: Session,
    probe: ProbeChoice,
    *,
    inputs: np.ndarray,
    latency_us: float | None = None,
    window_s: float = LEAST_WINDOW_S,
    trials: int = TRIALS,
) -> Power:
    """Measure a board that is open, idle and at work on one sample, by :func:`measure_power`.

    The board runs the inferences by itself where it has RUN: until it is told to end, or, where the
    probe is read over the link, in runs of about a second.

    Parameters
    ----------
    session : Session
        The board.
    probe : ProbeChoice
        What reads its power; of ``csv``, what was recorded of this board is taken.
    inputs : numpy.ndarray
        Shape ``[steps, inputs]``, as :meth:`~spikewright.Session.infer` takes them.
    latency_us : float, optional
        Of an inference on the engine; asked of the board, for this sample, if not given.
    window_s : float
        At least ten seconds.
    trials : int

    Raises
    ------
    DeviceError
        The probe or the board does not answer, or what the probe says cannot be.
    DataError, ToolError
        The file of ``csv`` is none, or a package is missing.
    """
    instance(Session)("session", session)
    instance(ProbeChoice)("probe", probe)
    probe.check_session(session)
    if latency_us is None:
        latency_us = session.infer(inputs).cycles / session.hello().clock_hz * 1e6
    if probe.name == "csv":
        return probe.recorded(latency_us=latency_us)
    with probe.opened(session) as opened:
        return measure_power(
            opened, _work(session, opened, inputs), latency_us=latency_us, window_s=window_s,
            trials=trials,
        )


def _work(
    session: Session, probe: Probe, inputs: np.ndarray
) -> Repeats | Callable[[], object]:
    """Return the inferences of a window at work, as the probe and the board allow them."""
    if Command.RUN not in session.commands:
        return lambda: session.infer(inputs)
    if not probe.over_link:
        return session.repeats(inputs)
    began = time.monotonic()
    session.run(inputs, times=_TIMED)
    each = max(time.monotonic() - began, 1e-6) / _TIMED
    times = max(1, round(_RUN_S / each))
    return lambda: session.run(inputs, times=times)
