"""Several processes that train one network: each has its share of a batch, and all the same step.

``torchrun`` starts them and says in the environment which is which. Gradients are averaged over the
processes once they are there, so that it does not matter how they were computed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count as counted
from typing import Any

import torch
from torch import Tensor, distributed
from torch.distributed.rendezvous import rendezvous

from spikewright.errors import TrainingError
from spikewright.started import started

__all__ = ["ALONE", "Processes", "joined"]

#: What a process says first, so that others are silent.
_SAID = "said"
#: Numbers of the groups that this process joins.
_groups = counted()


@dataclass(frozen=True, kw_only=True)
class Processes:
    """The processes of a training, and which of them this one is.

    Parameters
    ----------
    number, count : int
        This one's, from 0, and of all.
    store : Store of PyTorch, optional
        What all of them can read and write.
    """

    number: int = 0
    count: int = 1
    store: Any = field(default=None, repr=False)

    @property
    def is_first(self) -> bool:
        """Whether this one writes files, and prints."""
        return self.number == 0

    def share(self, batch: Tensor) -> Tensor:
        """Return this one's part of a batch, whose length is a multiple of their number."""
        return batch if self.count == 1 else batch.tensor_split(self.count)[self.number]

    def average(self, loss: Tensor, gradients: Sequence[Tensor]) -> float:
        """Make gradients the mean over all processes, in place; return that of the loss."""
        if self.count == 1:
            return float(loss)
        given = [loss.detach().to(torch.float32), *gradients]
        every = torch.cat([one.flatten().to(torch.float32) for one in given])
        with _together():
            distributed.all_reduce(every)
        means = (every / self.count).split([one.numel() for one in given])
        for one, mean in zip(gradients, means[1:], strict=True):
            one.copy_(mean.view_as(one))
        return float(means[0])

    def of_first(self, value: Any = None) -> Any:
        """Return the value that the first process gives."""
        return self._each(value if self.is_first else None)[0]

    def first_text(self, text: str) -> str:
        """Return the text of the first process that has one."""
        return next(filter(None, self._each(text)), "")

    def says(self) -> bool:
        """Whether this one is the first to say what has ended the training."""
        if self.store is None:
            return True
        try:
            return self.store.add(_SAID, 1) == 1
        except RuntimeError:  # the store has ended with the process that kept it
            return self.is_first

    def _each(self, value: Any) -> list[Any]:
        if self.count == 1:
            return [value]
        found: list[Any] = [None] * self.count
        with _together():
            distributed.all_gather_object(found, value)
        return found


#: One process, which is all there is.
ALONE = Processes()


@contextmanager
def joined() -> Iterator[Processes]:
    """Join the processes that ``torchrun`` has started, if it has; within, again, the same ones."""
    if started() == 1:
        yield ALONE
        return
    if distributed.is_initialized():
        yield Processes(number=distributed.get_rank(), count=distributed.get_world_size())
        return
    with _together():
        store, number, count = next(rendezvous("env://"))
        # What torchrun keeps outlives a group: another one needs names of its own.
        store = distributed.PrefixStore(  # pyright: ignore[reportPrivateImportUsage]
            f"spikewright {next(_groups)}", store
        )
        distributed.init_process_group(_backend(), store=store, rank=number, world_size=count)
    try:
        yield Processes(number=number, count=count, store=store)
    finally:
        with suppress(RuntimeError):
            distributed.destroy_process_group()


def _backend() -> str:
    """Return what sums over processes: of tensors of GPUs NCCL, where there are some."""
    if torch.cuda.is_available() and distributed.is_nccl_available():
        return "cpu:gloo,cuda:nccl"
    return "gloo"


@contextmanager
def _together() -> Iterator[None]:
    """Raise an error of what all processes do together as one of the training."""
    try:
        yield
    except RuntimeError as error:
        raise TrainingError(
            "another process of the training has ended, and so this one does; a checkpoint, if one "
            "is kept, has the epochs before"
        ) from error
