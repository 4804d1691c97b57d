"""From heartbeats to graded inputs: what changes within a beat, and against the beats before it.

All is computed on the host, in float64, and knows of a record only the beats before, but for the
interval to the beat that follows: so an answer comes a beat later. No label is used.
"""

from collections.abc import Callable

import numpy as np

from ..task.mitbih import Beats

__all__ = ["BITS", "INPUTS", "heart_inputs"]

#: Bits of an input.
BITS = 4
_MOST = (1 << BITS) - 1
#: A change by this share of a beat's range, or of an interval, is one step of an input.
_STEP = 1 / 30
#: Windows of a beat, narrow around the annotation, which is at 60: their ends, in samples.
_ENDS = np.array([0, 20, 36, 44, 50, 54, 57, 60, 63, 66, 70, 76, 84, 94, 110, 130])
#: Beats at the beginning of a record from which its usual beat starts, and by how much of a beat's
#: range that moves towards each beat, at most.
_FIRST, _PACE = 8, 1 / 128
#: Intervals in the median that is the usual one, and in that of their changes.
_USUAL, _CHANGES = 64, 32
#: Samples of a second in a record.
_RATE = 360
#: Inputs: 14 changes, 15 differences and 4 of the rhythm, each up and down, and two more.
INPUTS = 2 * (14 + 15 + 4) + 2


def heart_inputs(beats: Beats) -> np.ndarray:
    """Return the graded inputs of beats, whole numbers 0 to 15, float32 ``[beats, 68]``.

    Of the means of a beat in 15 windows: how each differs from the one before, and from that of the
    record's usual beat, which follows the beats by small steps, a running median. Of the intervals:
    how that before the beat, that after it, and that before the beat before differ from the usual
    one, and that after from that before; how much they change from beat to beat; and the usual one.
    A difference has an input for what is above and one for what is below.
    """
    seen = beats.values[:, : _ENDS[-1]].astype(np.float64)
    means = np.add.reduceat(seen, _ENDS[:-1], axis=1) / np.diff(_ENDS)
    usual, rhythm, level = (np.empty((len(means), width)) for width in (means.shape[1], 4, 2))
    for record in np.unique(beats.records):
        here = np.flatnonzero(beats.records == record)
        usual[here] = _usual_beats(means[here])
        rhythm[here], level[here] = _rhythm(beats.places[here] / _RATE)
    changes = np.concatenate([np.diff(means, axis=1), means - usual, rhythm], axis=1) / _STEP
    each = np.concatenate([changes, -changes, level], axis=1)
    return np.floor(each.clip(0, _MOST)).astype(np.float32)


def _usual_beats(means: np.ndarray) -> np.ndarray:
    """Return, for each beat of a record, the usual beat before it."""
    usual, found = np.median(means[:_FIRST], axis=0), np.empty_like(means)
    for number, beat in enumerate(means):
        found[number] = usual
        usual = usual + np.clip((beat - usual) / 2, -_PACE, _PACE)
    return found


def _rhythm(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how the intervals of a record differ, and how much they change and are, as inputs."""
    if len(times) < 2:  # nothing is known of an interval
        return np.zeros((len(times), 4)), np.zeros((len(times), 2))
    between = np.maximum(np.diff(times), 1 / _RATE)
    before = np.concatenate([between[:1], between])
    after = np.concatenate([between, between[-1:]])
    usual = _running(np.median, before, _USUAL)
    earlier = np.concatenate([usual[:1], before[:-1]])
    differences = [before / usual, after / usual, after / before, earlier / usual]
    change = np.abs(np.diff(before, prepend=before[0])) / usual
    level = [2 / _STEP * _running(np.median, change, _CHANGES), 10 * usual]
    return np.stack(differences, axis=1) - 1, np.stack(level, axis=1)


def _running(
    what: Callable[[np.ndarray], np.floating], values: np.ndarray, most: int
) -> np.ndarray:
    """Return what is found of each value and of those before it, ``most`` in all."""
    return np.array([
        what(values[max(0, end - most) : end]) for end in range(1, len(values) + 1)
    ])
