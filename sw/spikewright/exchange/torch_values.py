"""Whether each part of a module takes what parts before it send, and nothing else."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import torch
from torch import Tensor

from spikewright.errors import DataError

from .layers import INPUTS
from .torch_run import Ran
from .torch_trace import Part

__all__ = ["NOTHING_ELSE", "check_values", "names_of"]

NOTHING_ELSE = (
    "what parts send may be added (+), and only modules that are imported do anything else to it"
)


def check_values(ran: Ran, *, lead: tuple[int, ...]) -> np.ndarray:
    """Refuse a module that does more between its parts than to add what they send.

    Spikes alone do not always show it: a layer may be too quiet on the inputs that it is tried on.

    Parameters
    ----------
    ran : Ran
    lead : tuple of int
        Steps and samples.

    Returns
    -------
    float64 array ``[steps, samples, values]``
        The inputs.

    Raises
    ------
    DataError
        A part takes something else; the sentence names it, and what is done.
    """
    for part in ran.parts:
        _check_sources(part, ran.parts)
    for heard in ran.returned:
        if len(heard.terms) > 1 and not heard.mixed:
            raise DataError(
                f"the module returns a sum of {names_of(heard.terms, ran.parts)}; neurons of one "
                "layer are the outputs, so add neurons after the sum"
            )
    steps, samples = lead
    wrong: list[Part] = []
    for given in _layouts(ran.calls, lead):
        sent = [*(_rows(part.sends, lead) for part in ran.parts), [given.reshape(-1)]]
        found = [part for part in ran.parts if not _takes_sum(part, sent, lead)]
        if not found:
            return given.reshape(steps, samples, -1).numpy()
        wrong = wrong or found
    raise _refused(wrong[0] if wrong else ran.parts[0], ran, lead)


def _layouts(calls: Sequence[Tensor], lead: tuple[int, ...]) -> Iterator[Tensor]:
    """Yield the inputs, time first, as they may have been meant."""
    given = torch.stack(list(calls))
    ways = [given, given.unsqueeze(1)]  # an example may be of one sample, without its axis
    if len(calls) == 1:
        (one,) = calls  # all steps, with the time or the samples first, or the same in all steps
        ways = [one, one.transpose(0, 1) if one.dim() > 1 else one,
                one.expand(lead[0], *one.shape)]
    for way in ways:
        if way.shape[:2] == lead:
            yield way


def _rows(of_calls: Sequence[Tensor], lead: tuple[int, ...]) -> list[Tensor]:
    """Return the values of all calls in one row, time first; in two, if samples may be first."""
    steps, samples = lead
    ways = [of_calls]
    if len(of_calls) == 1 and of_calls[0].shape[:2] == (samples, steps):
        ways.append([of_calls[0].transpose(0, 1)])
    return [torch.cat([one.double().reshape(-1) for one in way]) for way in ways]


def _takes_sum(part: Part, sent: Sequence[list[Tensor]], lead: tuple[int, ...]) -> bool:
    """Whether a part takes the sum of what its parts send; ``sent`` ends with the inputs."""
    ways = [_rows(part.takes, lead), *(sent[at] for at in part.heard.terms)]
    return any(_is_sum(*rows, steps=lead[0]) for rows in product(*ways))


def _is_sum(taken: Tensor, *terms: Tensor, steps: int) -> bool:
    longest = max(map(len, (taken, *terms)))
    # What is called once may be the same in each step.
    taken, *several = (
        one.repeat(steps) if len(one) * steps == longest else one for one in (taken, *terms)
    )
    if any(len(one) != longest for one in (taken, *several)):
        return False
    return torch.allclose(sum(several[1:], several[0]), taken, rtol=1e-6, atol=1e-9, equal_nan=True)


def _check_sources(part: Part, parts: Sequence[Part]) -> None:
    """Refuse a part that takes what no part sends, or what is made of several without a sum."""
    heard = part.heard
    if not heard.terms:
        raise DataError(
            f"{part.name} takes values that neither the inputs nor another part sends, such as a "
            "membrane or a constant; each part takes what parts before it send"
        )
    if heard.mixed:
        *_, last = heard.through
        raise DataError(
            f"{part.name} takes what {last} makes of {names_of(heard.terms, parts)}; what several "
            "parts send may be added (+), and nothing else"
        )


def _refused(part: Part, ran: Ran, lead: tuple[int, ...]) -> DataError:
    heard = part.heard
    done = f" ({', '.join(heard.through)} on the way)" * bool(heard.through)
    steps, samples = lead
    if heard.terms == (INPUTS,):
        count = sum(one.numel() for one in ran.calls)
        each = [samples, count // (samples * (steps if count % (steps * samples) == 0 else 1))]
        return DataError(
            f"{part.name} takes something else than what the module is given, {each} in each of "
            f"{steps} steps{done}; encode samples before they reach the module, and do nothing to "
            "them there but by modules"
        )
    for at in heard.terms:
        calls = len(ran.parts[at].sends) if at != INPUTS else steps
        if calls not in (1, steps):
            return DataError(
                f"{ran.parts[at].name} is called {calls} times in {steps} steps; a part is called "
                "once a step, or once for all"
            )
    shapes = {at: list(ran.parts[at].sends[0].shape) for at in heard.terms if at != INPUTS}
    if len(set(map(tuple, shapes.values()))) > 1:
        said = " and ".join(f"{ran.parts[at].name}, {shape}" for at, shape in shapes.items())
        return DataError(
            f"{part.name} takes a sum of what {said} send{done}; what is added has the same axes"
        )
    sent = f"{names_of(heard.terms, ran.parts)} send{'s' * (len(heard.terms) == 1)}"
    return DataError(f"{part.name} takes something else than {sent}{done}; {NOTHING_ELSE}")


def names_of(terms: Sequence[int], parts: Sequence[Part]) -> str:
    """Return in words which parts are heard, by their numbers."""
    names = ["the inputs" if at == INPUTS else parts[at].name for at in dict.fromkeys(terms)]
    *others, last = names or ["nothing"]
    return f"{', '.join(others)} and {last}" if others else last
