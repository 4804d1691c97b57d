"""Options of what is learned, and by which network: the task, the sizes, the coding."""

import argparse
import re
from pathlib import Path

import spikewright as spw
from spikewright_hw.network_name import check_name

from .options import count, path, rate, share, yes_or_no
from .words import arguments_checked

__all__ = [
    "NETWORK_OPTIONS", "RETRAINED", "add_coding_options", "add_network_options", "add_task_options",
    "config_of", "task_of", "trained",
]

#: Options of :func:`add_network_options` that are arguments of :func:`spikewright.training_config`.
NETWORK_OPTIONS = (
    "coding", "steps", "input_bits", "silent", "readout", "bias", "epochs", "learning_rate",
    "augmentation", "event_products", "precision", "recompute", "same_everywhere", "device",
    "prune", "normalisation", "surrogate", "learn_surrogate", "loss",
)
#: Those of a training that apply to one of a network that is trained on, too.
RETRAINED = (
    "weight_bits", "membrane", "epochs", "learning_rate", "event_products", "recompute", "device",
)


def add_task_options(parser: argparse.ArgumentParser, *, folder: bool = True) -> None:
    """Add the options that name the task; without ``folder``, its files are not read."""
    group = parser.add_argument_group("the task", "The digits, unless one of these names another.")
    add = group.add_argument
    add(
        "--task", metavar="NAME",
        help="a known data set: digits, mnist, fashion_mnist, cifar10, nmnist, "
        "dvs_gesture, mitbih, fsdd, esc10, asc, speech_commands, shd, ssc, wisdm, eeg_mi "
        "(docs/data.md)",
    )
    if folder:
        add(
            "--folder", type=path, metavar="DIR",
            help="folder of its files, or the one above it (default: that in SPIKEWRIGHT_DATA)",
        )
    add(
        "--data", type=path, metavar="FILE",
        help="your own: a .npz file with x_train, y_train, x_test, y_test, or a .py file that "
        "defines task()",
    )


def add_network_options(parser: argparse.ArgumentParser, *, file: bool) -> None:
    """Add the options of the network; with ``file``, it may also be one that is trained already."""
    group = parser.add_argument_group("the network")
    add = group.add_argument
    add(
        "--network", type=_network if file else _sizes, metavar="SIZES|FILE" if file else "SIZES",
        help="neurons from input to output, 784-128-10, or of one or two hidden layers alone, 128 "
        "or 128-64 (128); or layers of any kind by their short names to the outputs, "
        "32C5-P2-64C5-P2-128-10 or 64r@0,4-10"
        + ("; or a .spw network that is trained already" if file else ""),
    )
    add_coding_options(group)
    add(
        "--readout", metavar="NAME",
        help="what is read from the last layer: last or maximum, its membranes; count or first, "
        "its spikes (last)",
    )
    add("--bias", action="store_true", help="each neuron has a learned bias")
    add("--epochs", type=count, metavar="N", help="epochs in real numbers (by the task)")
    add(
        "--learning-rate", type=rate, metavar="RATE",
        help="where that in real numbers starts; that on the grid follows in proportion (0.03)",
    )
    add(
        "--prune", type=share, metavar="SHARE",
        help="of the weights, the smallest, that are taken away before it is quantised (0)",
    )
    add(
        "--normalisation", metavar="NAME",
        help="of the currents of hidden layers, folded before it is quantised: batch, tdbn or tebn "
        "(none)",
    )
    add(
        "--surrogate", metavar="NAME",
        help="what stands for the derivative of a spike: arc_tangent, fast_sigmoid, sigmoid, ... "
        "(arc_tangent)",
    )
    add(
        "--learn-surrogate", action="store_true",
        help="its slope is learned while real numbers are trained",
    )
    add(
        "--loss", metavar="NAME",
        help="what is learned by: the outputs; of a readout of spikes spike_count, spike_rate or "
        "first_spike; of one of membranes membrane or tet (outputs)",
    )
    add(
        "--augmentation", type=yes_or_no, metavar="yes|no",
        help="whether training images without channels are shifted and turned a little (yes)",
    )
    _add_ways(group)


def _add_ways(group: argparse._ArgumentGroup) -> None:
    """Add the options of how a training computes, in another order or in less memory."""
    add = group.add_argument
    add(
        "--event-products", action="store_true",
        help="dense layers sum over events, which is faster and rounds otherwise",
    )
    add(
        "--precision", metavar="NAME",
        help="of products while real numbers are trained: float32 or bf16 (float32)",
    )
    add(
        "--recompute", action="store_true",
        help="run steps again for their gradients, which is slower and takes memory that grows "
        "with the root of the steps",
    )
    add(
        "--same-everywhere", action="store_true",
        help="the same seed gives the same network on every processor, which is slower; for dense "
        "networks of labels",
    )
    add(
        "--device", metavar="NAME",
        help="what PyTorch trains on: cpu, cuda, cuda:N, or auto, a GPU where there is one (cpu)",
    )


def add_coding_options(group: argparse._ArgumentGroup) -> None:
    """Add the options of how samples become a network's input."""
    add = group.add_argument
    add(
        "--coding", metavar="NAME",
        help="how samples become spikes: ttfs, log_latency, rate, ...; direct, which gives the "
        "network the values themselves; or filter_bank, of sounds (by the task)",
    )
    add("--steps", type=count, metavar="N", help="time steps of an inference (by the coding)")
    add(
        "--input-bits", type=count, metavar="BITS",
        help="of each value, 2 to 8, with --coding direct or filter_bank (4)",
    )
    add(
        "--silent", type=share, metavar="SHARE",
        help="of the range of the values, which never spikes, with --coding ttfs or log_latency "
        "(0.125; 0.4 of large grey images)",
    )


def trained(options: argparse.Namespace) -> bool:
    """Whether the options name a network that is trained already."""
    return isinstance(options.network, Path)


def task_of(options: argparse.Namespace) -> "spw.Task | None":
    """Return the task that the options name, or None if they name none."""
    if options.data is not None:
        return spw.load_data(options.data)
    if options.task is None:
        return None
    with arguments_checked({**options.flags, "name": "--task"}):
        sound = getattr(options, "coding", None) == "filter_bank"
        return spw.load_task(options.task, folder=options.folder, sound=sound)


def config_of(
    options: argparse.Namespace, task: "spw.Task", **more: object
) -> "spw.TrainingConfig":
    """Return how a network is trained: the default for the task, with what the options change.

    ``more`` goes to :func:`spikewright.training_config`.

    Raises
    ------
    SpikewrightError
        An option is out of its range, or does not fit the task.
    """
    given = {name: getattr(options, name) for name in NETWORK_OPTIONS if name in options.given}
    flags = {**options.flags, "hidden": options.flags["network"]}
    with arguments_checked(flags, before="this network cannot be trained: "):
        sizes = options.network
        if sizes is None:
            return spw.training_config(task, **given, **more)  # pyright: ignore[reportArgumentType]
        if isinstance(sizes, str):
            return spw.training_config(task, network=sizes, **given, **more)  # pyright: ignore
        hidden = sizes if len(sizes) < 3 else sizes[1:-1]
        config = spw.training_config(task, hidden=hidden, **given, **more)  # pyright: ignore
        wanted = config.model.sizes
        if len(sizes) > 2 and sizes != wanted:
            raise ValueError(
                f"network is {_shown(sizes)}; {task.name} needs {wanted[0]} inputs and "
                f"{wanted[-1]} outputs, {_shown(wanted)}"
            )
        return config


def _sizes(text: str) -> tuple[int, ...] | str:
    """Read numbers of neurons, or the short name of a network of other layers."""
    if re.fullmatch(r"\d{1,9}(-\d{1,9})*", text):
        return tuple(map(int, text.split("-")))
    try:
        check_name(text)
    except ValueError as error:
        hint = f"; sizes are written {'-'.join(re.findall(r'[0-9]+', text))}"
        raise argparse.ArgumentTypeError(
            f"{text[:60]!r} is neither sizes nor the short name of a network: {error}"
            + hint * (re.fullmatch(r"\d{1,9}([^\w.]+\d{1,9}|x\d{1,9}){1,9}", text) is not None)
        ) from error
    return text


def _network(text: str) -> tuple[int, ...] | str | Path:
    """Read numbers of neurons, the short name of a network, or the path of a network file."""
    if text.endswith(".spw") or not text.strip():
        return path(text)
    try:
        if path(text).is_file():
            return path(text)
    except OSError:  # too long for a file's name
        pass
    try:
        return _sizes(text)
    except argparse.ArgumentTypeError as error:
        said = str(error).replace("is neither sizes nor", "is no .spw file, nor sizes, nor", 1)
        raise argparse.ArgumentTypeError(said) from None


def _shown(sizes: tuple[int, ...]) -> str:
    return "-".join(map(str, sizes))
