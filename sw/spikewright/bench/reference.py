"""``spikewright bench reference``: images per second of the integer reference on arrays.

Networks of known names, with weights as they are first drawn and random images: what arrays take
depends on shapes alone. One core computes; its own seconds count, so that other work of the machine
does not.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from spikewright_hw.checks import whole
from spikewright_hw.network import Network

from .. import terminal
from ..coding.coding import encode
from ..errors import DataError
from ..files import write_if_changed
from ..job.progress import JobProgress
from ..machine import processor
from ..network.fast import Predictor
from ..network.model import Model
from ..network.reference import run
from ..network.training_config import training_config
from ..record.markdown import filled, table, wrapped
from ..record.training_bench import BLOCKS
from ..task.task import Task

__all__ = ["NETWORKS", "PAGE", "Speed", "bench_reference"]

PAGE = Path("docs") / "training.md"

#: Short names of the networks, each with the shape of an image, the bits of a pixel and the steps.
NETWORKS: dict[str, tuple[tuple[int, ...], int, int]] = {
    "784-128-10": ((28, 28), 4, 4),
    "32C5-P2-64C5-P2-128-10": ((28, 28), 2, 2),
    "8C3p1-P2-D3p1-16C1-P2-D3p1-32C1-P2-10": ((32, 32, 3), 4, 2),
}

#: Turns of which the fastest counts: another process can only make one slower.
_TURNS = 3

HEADINGS = (
    "network", "image", "bits", "steps", "neurons", "images per second", "predictions per second"
)


@dataclass(frozen=True)
class Speed:
    """How fast a network runs.

    Parameters
    ----------
    name : str
        A key of :data:`NETWORKS`.
    neurons : int
    run, predict : float
        Images in a second of a core: with every spike and counter, and predictions alone.
    """

    name: str
    neurons: int
    run: float
    predict: float


def bench_reference(
    *,
    samples: int = 2048,
    pages: bool = False,
    root: Path = Path(),
    console: Console | None = None,
) -> tuple[Speed, ...]:
    """Time the integer reference on networks of known names, and print the table.

    Parameters
    ----------
    samples : int
        Images that are run at once.
    pages : bool
        Whether the table of ``docs/training.md`` in the checkout ``root`` is written, too.
    root : Path
        The checkout.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        There is no page, or it is marked wrongly.
    StorageError
        It cannot be written.
    """
    samples = whole(1)("samples", samples)
    console = terminal.console() if console is None else console
    with JobProgress() as progress, progress.part("Integer reference") as tell:
        found = tuple(_speeds(samples, tell))
    lines = [*table(HEADINGS, map(_cells, found))]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if pages:
        _write_page(lines, samples, root / PAGE)
    return found


def _speeds(samples: int, tell: Callable[[str], None]) -> Iterator[Speed]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        for name in NETWORKS:
            tell(name)
            network, spikes = _network(name, samples)
            predict = Predictor(network, threads=1)
            yield Speed(
                name,
                sum(layer.neurons for layer in network.layers),
                _rate(partial(run, network, spikes, hidden_membranes=False), samples),
                _rate(partial(predict, spikes), samples),
            )


def _network(name: str, samples: int) -> tuple[Network, np.ndarray]:
    """Return a network, and the inputs of random images."""
    shape, bits, steps = NETWORKS[name]
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (samples + 10, *shape))
    task = Task(
        name="random images", kind="image", low=0, high=255, classes=10,
        x_train=images[:10], y_train=np.arange(10), x_test=images[10:],
        y_test=np.arange(samples) % 10,
    )
    parts = name.split("-")
    hidden = (int(parts[1]),) if parts[0].isdecimal() else "-".join(parts[:-1])
    config = training_config(task, hidden=hidden, coding="direct", input_bits=bits, steps=steps)
    model = Model(config.model, generator=torch.Generator().manual_seed(0))
    model.quantize()
    return model.network(steps=steps), encode(task.x_test, config.coding)


def _rate(work: Callable[[], object], samples: int) -> float:
    seconds = []
    for _ in range(_TURNS):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return samples / min(seconds)


def _cells(speed: Speed) -> list[str]:
    """Return a row of the table, under :data:`HEADINGS`."""
    shape, bits, steps = NETWORKS[speed.name]
    size = " × ".join(map(str, shape))
    return [
        speed.name, size, str(bits), str(steps), str(speed.neurons), f"{speed.run:.0f}",
        f"{speed.predict:.0f}",
    ]


def _write_page(lines: list[str], samples: int, page: Path) -> bool:
    """Write the block ``reference`` of the page; return whether it changed."""
    if not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout of the project")
    made = wrapped(
        f"Seconds of one core, {samples} images at once, the fastest of {_TURNS} turns. "
        "spikewright bench reference, "
        f"{date.today().isoformat()}, {processor()}, numpy {np.__version__}."
    )
    text = page.read_text(encoding="utf-8")
    blocks = {"reference": "\n".join([made, "", *lines])}
    return write_if_changed(
        page, filled(text, blocks, page=page, names=BLOCKS)
    )
