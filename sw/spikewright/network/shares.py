"""What a training must be so that several processes can share its batches: checked before."""

from spikewright.errors import DataError
from spikewright.task.task import Task

from .training_config import TrainingConfig

__all__ = ["check_shares"]


def check_shares(config: TrainingConfig, task: Task, count: int) -> None:
    """Raise :exc:`~spikewright.errors.DataError` if so many processes cannot share batches."""
    if count == 1:
        return
    if config.model.normalisation != "none":
        raise DataError(
            f"normalisation={config.model.normalisation!r} goes by the mean of a whole batch, and "
            f"{count} processes have a part of it each; leave it out, or train in one"
        )
    if config.same_everywhere:
        raise DataError(
            f"same_everywhere=True does not go with {count} processes, which sum gradients in an "
            "order of their own; train in one process, or leave same_everywhere= out"
        )
    if config.batch % count or len(task.x_train) < config.batch:
        raise DataError(
            f"batch={config.batch} of {len(task.x_train)} training samples is shared by {count} "
            f"processes, and each has as many of them; take a multiple of {count} that is no more "
            "than there are, or another number of processes"
        )
