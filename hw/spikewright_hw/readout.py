"""Readouts: how the outputs of a network follow from what its last layer does, step by step.

The prediction is the highest output; of equal ones, the first.
"""

__all__ = ["READOUTS", "SPIKING", "output_after"]

#: Those of membranes: after the last step; the highest of all steps.
_MEMBRANES = ("last", "maximum")
#: Those of spikes: how many; how early the first one is.
SPIKING = ("count", "first")
#: All readouts.
READOUTS = (*_MEMBRANES, *SPIKING)


def output_after(readout: str, output: int, given: int, *, step: int, steps: int) -> int:
    """Return an output after a step: the definition of correct.

    Parameters
    ----------
    readout : str
        One of :data:`READOUTS`.
    output : int
        It after the step before; of the first step, 0.
    given : int
        The membrane of the output's neuron after the step, or whether it spiked in it.
    step, steps : int
        The step, from 0, and how many there are.

    Returns
    -------
    int
        After the last step: of ``last`` the membrane; of ``maximum`` its highest value; of
        ``count`` the number of spikes; of ``first`` how many steps there are from the first spike
        on, its own among them, and 0 without a spike.
    """
    match readout:
        case "last":
            return given
        case "maximum":
            return given if step == 0 else max(output, given)
        case "count":
            return output + given
        case _:
            return output or given * (steps - step)
