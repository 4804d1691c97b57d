"""What PyTorch trains on: the CPU, or a GPU of CUDA, which is there or is refused at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from spikewright.errors import DataError

from .processes import Processes
from .training_config import TrainingConfig

__all__ = ["device_name", "full_precision", "placed", "torch_device"]

#: Number of a process among those of its machine, as ``torchrun`` writes it.
_OWN = "LOCAL_RANK"


def placed(config: TrainingConfig) -> TrainingConfig:
    """Return how a network is trained on this machine, with a device in the place of ``auto``.

    Raises
    ------
    DataError
        The device is not there.
    """
    name, count = config.device, _count()
    if name == "auto":
        return replace(config, device="cuda" if count else "cpu")
    if name != "cpu" and not count:
        raise DataError(
            f"device={name!r} is not there: PyTorch {torch.__version__} finds no GPU of CUDA here; "
            "take device='cpu', or device='auto', which takes a GPU where there is one"
        )
    number = int(name.partition(":")[2] or 0)
    if number >= max(1, count):
        raise DataError(
            f"device={name!r} is not there: the GPUs of this machine are cuda:0 to "
            f"cuda:{count - 1}; take one of them"
        )
    return config


def torch_device(config: TrainingConfig, processes: Processes) -> torch.device:
    """Return the device of this process: of several on GPUs, each has one of its own.

    Raises
    ------
    DataError
        There are more processes than GPUs on this machine, or all are to take the same one.
    """
    name = config.device
    if processes.count == 1 or name == "cpu":
        return torch.device(name)
    if name != "cuda":
        raise DataError(
            f"device={name!r} is one GPU, and {processes.count} processes take one each; take "
            "device='cuda'"
        )
    number, count = int(os.environ.get(_OWN, processes.number)), _count()
    if number >= count:
        raise DataError(
            f"process {number} of this machine has no GPU of its own, for there are {count}; start "
            "as many processes as there are GPUs, or take device='cpu'"
        )
    device = torch.device("cuda", number)
    torch.cuda.set_device(device)
    return device


def device_name(device: torch.device) -> str:
    """Name a GPU; an empty text of the CPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else ""


@contextmanager
def full_precision() -> Iterator[None]:
    """Let GPUs convolve in float32 and in an order that is the same each time.

    By default they round the factors to TF32, which has 11 significant bits.
    """
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        yield


def _count() -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0
