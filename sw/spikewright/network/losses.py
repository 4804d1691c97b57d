"""Losses of spikes and of membranes: of what a layer did in every step.

All take what the last layer did, ``[steps, samples, neurons]``, as a network in PyTorch gives it,
and labels ``[samples]``; the losses of membranes take values, too, and a target for each step. They
are means over samples, for any training loop; a training of this project takes them by name, of
:data:`.choices.LOSSES`. What spikes cost is beside them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from spikewright_hw.checks import instance, real, shown

__all__ = [
    "LOGIT", "check_labels", "first_spike_loss", "first_spikes", "l1_activity", "l2_activity",
    "membrane_loss", "spike_count_loss", "spike_rate_loss", "tet_loss",
]

#: Logit of a neuron that spikes in each step, or in the first one.
LOGIT = 8.0


def spike_count_loss(spikes: Tensor, labels: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """Return the cross entropy of the numbers of spikes.

    Parameters
    ----------
    spikes : Tensor ``[steps, samples, classes]``
    labels : Tensor ``[samples]``
    smoothing : float
        Share of a label that is spread over all classes.
    """
    check_labels("spikes", spikes, labels)
    _share("smoothing", smoothing)
    logits = spikes.sum(dim=0) * (LOGIT / len(spikes))
    return functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def spike_rate_loss(
    spikes: Tensor, labels: Tensor, *, right: float = 0.8, wrong: float = 0.2
) -> Tensor:
    """Return the mean squared distance of the rates from those that are wanted.

    (J. Eshraghian et al., Proc. IEEE 111(9), 2023.)

    Parameters
    ----------
    spikes : Tensor ``[steps, samples, classes]``
    labels : Tensor ``[samples]``
    right, wrong : float
        Share of the steps in which the neuron of the label spikes, and each other one.
    """
    check_labels("spikes", spikes, labels)
    _share("right", right)
    _share("wrong", wrong)
    wanted = torch.full_like(spikes[0], wrong).scatter_(1, labels[:, None], right)
    return functional.mse_loss(spikes.mean(dim=0), wanted)


def first_spikes(spikes: Tensor) -> Tensor:
    """Return how early each neuron spikes first, ``[samples, neurons]``, with gradients.

    It is the number of steps by which it has spiked: all of them for a spike in the first step, and
    0 for none. Each spike's gradient is what it would change.

    Parameters
    ----------
    spikes : Tensor ``[steps, samples, neurons]``
    """
    _check_did("spikes", spikes)
    return (1 - (1 - spikes).cumprod(dim=0)).sum(dim=0)


def first_spike_loss(spikes: Tensor, labels: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """Return the cross entropy of how early the neurons spike first.

    (M. Mozafari et al., IEEE TNNLS 29(12), 2018, read a network so.)

    Parameters
    ----------
    spikes : Tensor ``[steps, samples, classes]``
    labels : Tensor ``[samples]``
    smoothing : float
        Share of a label that is spread over all classes.
    """
    check_labels("spikes", spikes, labels)
    _share("smoothing", smoothing)
    logits = first_spikes(spikes) * (LOGIT / len(spikes))
    return functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def membrane_loss(membranes: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared distance of the membranes from their targets, over all steps.

    Parameters
    ----------
    membranes : Tensor ``[steps, samples, outputs]``
    targets : Tensor
        Labels ``[samples]`` or ``[samples, steps]``, for which the membrane of the label is to be 1
        and each other one 0; or values ``[samples, outputs]`` or ``[samples, steps, outputs]``.
    """
    _check_targets(membranes, targets)
    wanted = _each_step(membranes, targets)
    if not targets.is_floating_point():
        wanted = functional.one_hot(wanted, membranes.shape[2]).to(membranes.dtype)
    return functional.mse_loss(membranes, wanted.to(membranes.dtype))


def tet_loss(
    membranes: Tensor, targets: Tensor, *, smoothing: float = 0.0, share: float = 0.05
) -> Tensor:
    """Return the mean over the steps of the loss of each: temporal efficient training.

    It is (1 - share) times the cross entropy of the membranes after each step, and share times
    their mean squared distance from 1, the threshold. (S. Deng, Y. Li, S. Zhang, S. Gu, ICLR,
    2022.) Of values it is their mean squared distance alone.

    Parameters
    ----------
    membranes : Tensor ``[steps, samples, outputs]``
    targets : Tensor
        As :func:`membrane_loss` takes them.
    smoothing : float
        Share of a label that is spread over all classes.
    share : float
        Of the distance from the threshold, 0 to 1.
    """
    _share("smoothing", smoothing)
    _share("share", share)
    if isinstance(targets, Tensor) and targets.is_floating_point():
        return membrane_loss(membranes, targets)
    _check_targets(membranes, targets)
    entropy = functional.cross_entropy(
        membranes.flatten(0, 1), _each_step(membranes, targets).flatten(), label_smoothing=smoothing
    )
    return (1 - share) * entropy + share * (membranes - 1).square().mean()


def l1_activity(spikes: Sequence[Tensor]) -> Tensor:
    """Return the spikes of a neuron in a step, the mean over steps, samples, neurons and layers.

    Parameters
    ----------
    spikes : sequence of Tensor ``[steps, samples, neurons]``
        Of each layer.
    """
    return torch.stack([layer.mean() for layer in _layers(spikes)]).mean()


def l2_activity(spikes: Sequence[Tensor]) -> Tensor:
    """Return the squared rate of a neuron, the mean over samples, neurons and layers.

    It makes neurons that spike often spike less, where :func:`l1_activity` makes all do so.

    Parameters
    ----------
    spikes : sequence of Tensor ``[steps, samples, neurons]``
        Of each layer.
    """
    return torch.stack([layer.mean(dim=0).square().mean() for layer in _layers(spikes)]).mean()


def _layers(spikes: Sequence[Tensor]) -> Sequence[Tensor]:
    """Return the spikes of each layer; raise ValueError unless there are some."""
    if not isinstance(spikes, list | tuple) or not spikes:
        raise ValueError(f"spikes is {shown(spikes)}; it must be a list of tensors, one a layer")
    for number, layer in enumerate(spikes):
        _check_did(f"spikes[{number}]", layer)
    return spikes


#: A share that an argument gives.
_share = real(0, 1)


def _check_targets(membranes: Tensor, targets: Tensor) -> None:
    """Raise ValueError unless targets are labels or values of what a layer did."""
    if not (isinstance(targets, Tensor) and targets.is_floating_point()):
        check_labels("membranes", membranes, targets, each_step=True)
        return
    _check_did("membranes", membranes)
    steps, samples, outputs = membranes.shape
    if targets.shape not in ((samples, outputs), (samples, steps, outputs)):
        raise ValueError(
            f"targets is of shape {list(targets.shape)}; values are [{samples}, {outputs}] or "
            f"[{samples}, {steps}, {outputs}] of these membranes"
        )


def check_labels(name: str, did: Tensor, labels: Tensor, *, each_step: bool = False) -> None:
    """Raise ValueError unless labels are whole numbers of what a layer did."""
    _check_did(name, did)
    steps, samples, outputs = did.shape
    instance(Tensor)("labels", labels)
    shapes = ((samples,), (samples, steps)) if each_step else ((samples,),)
    if labels.dtype != torch.int64 or labels.shape not in shapes:
        wanted = " or ".join(str(list(shape)) for shape in shapes)
        raise ValueError(
            f"labels is of shape {list(labels.shape)} and of {labels.dtype}; it must be of shape "
            f"{wanted}, as {name} is, and of torch.int64"
        )
    if labels.min() < 0 or labels.max() >= outputs:
        outside = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(f"labels has {int(outside)}; {name} has the classes 0 to {outputs - 1}")


def _check_did(name: str, did: Tensor) -> None:
    if not isinstance(did, Tensor) or did.dim() != 3 or not did.numel():
        what = f"of shape {list(did.shape)}" if isinstance(did, Tensor) else shown(did)
        raise ValueError(
            f"{name} is {what}; it must be a tensor [steps, samples, neurons], of at least one each"
        )


def _each_step(membranes: Tensor, targets: Tensor) -> Tensor:
    """Return the targets of each step, steps first."""
    each = targets.dim() == (3 if targets.is_floating_point() else 2)
    return targets.transpose(0, 1) if each else targets.expand(len(membranes), *targets.shape)
