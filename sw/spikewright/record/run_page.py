"""The page of a run: its opening line, its pictures, and how it was made."""

import numpy as np

from spikewright_hw.readout import SPIKING

from . import plots, sample_plots, value_plot
from .page import format_value
from .report import Picture, Section
from .run_record import RunRecord, SampleRecord

__all__ = ["made", "sections", "summary"]

#: Pixels along a side of an image that is drawn with a number in each.
_SMALL = 16


def summary(record: RunRecord) -> str:
    """Name network and board in one line, and say whether the board was virtual."""
    board = record.board
    where = (
        f"on a virtual board: no hardware, the gateware simulated by {board.simulator}"
        if board.virtual
        else "on a real board"
    )
    part = f" {_first_upper(record.split)}." if record.answered < len(record.targets) else ""
    return (
        f"{record.network}; {record.engine}; {board.name} ({board.device}) at "
        f"{board.clock_mhz:g} MHz, {where}.{part}"
    )


def sections(record: RunRecord) -> tuple[Section, ...]:
    """Return the pictures with their captions."""
    found = (_split(record), _one_inference(record))
    return found if record.build is not None else (*found, _no_bitstream(record))


def _first_upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _no_bitstream(record: RunRecord) -> Section:
    text = (
        f"There is no bitstream: {record.no_build}. So this report has no size and no highest "
        "clock frequency; nothing else in it depends on the bitstream."
    )
    return Section("No bitstream", text=(text,), pictures=())


def _split(record: RunRecord) -> Section:
    compared, mismatches = sum(record.compared.values()), sum(record.mismatches.values())
    whole = record.answered == len(record.targets)
    samples = f"All {record.answered} samples" if whole else _first_upper(record.split)
    text = (
        f"{samples} were run on the board. {format_value(compared)} "
        f"values ({', '.join(record.compared)}) were compared with the reference; "
        f"{mismatches or 'none'} differed."
    )
    return Section(
        "The whole test split" if whole else "The first samples of the test split",
        text=(text,),
        pictures=(
            _answers(record),
            Picture(
                "cycles",
                plots.distribution(record.counters.cycles),
                "Clock cycles of each inference. The engine works on spikes only, so a sample with "
                "fewer spikes is done sooner.",
            ),
        ),
    )


def _answers(record: RunRecord) -> Picture:
    targets, answers = record.targets[: record.answered], record.answers_device
    if record.of_values:
        return Picture(
            "values", value_plot.values(targets, answers),
            "Values as the board answered them, over their targets. On the line they are equal.",
        )
    return Picture(
        "confusion",
        plots.confusion(targets.ravel(), answers.ravel(), classes=record.outputs),
        "Classes as the board saw them"
        + (", step by step" if record.each_step else "")
        + ". Rows are true classes, columns predictions; what lies off the diagonal is wrong.",
    )


def _one_inference(record: RunRecord) -> Section:
    sample = record.sample
    several = len(sample.layer_spikes) > 1
    layers = {
        f"layer {index + 1}" if several else "hidden layer": spikes
        for index, spikes in enumerate(sample.layer_spikes)
    }
    pictures = []
    if not sample.graded:
        layers = {"input": sample.input_spikes, **layers}
    if layers:
        whose = "reported by the board" if sample.graded else (
            "sent to the board (input) and reported by it"
        )
        pictures.append(
            Picture("raster", plots.raster(layers), f"Spikes {whose}. One mark is one spike.")
        )
    if sample.values is not None:
        pictures.append(_drawn(sample.values, sample))
    equal = int((sample.outputs_reference == sample.outputs_device).sum())
    pictures.append(
        Picture(
            "outputs",
            plots.outputs(
                sample.outputs_reference,
                sample.outputs_device,
                names=[
                    f"{'output' if record.of_values else 'class'} {each}"
                    for each in range(record.outputs)
                ],
                unit="spikes" if sample.readout in SPIKING else "membrane (weight steps)",
            ),
            f"{_WHAT[sample.readout in SPIKING]} The line is the integer reference, the rings are "
            f"the gateware: {equal} of {sample.outputs_reference.size} values are equal. "
            + _answer(record),
            wide=True,
        )
    )
    return Section(
        "One inference, step by step",
        text=(f"Sample {sample.index} of the test split, {_target(record)}.",),
        pictures=tuple(pictures),
    )


def _answer(record: RunRecord) -> str:
    """Say which of the outputs is the answer."""
    if record.of_values:
        which = "after each step" if record.each_step else _VALUES[record.sample.readout]
        return f"Those {which} are the answer."
    if record.each_step:
        return "The highest after each step is the answer."
    return f"{_ANSWER[record.sample.readout]} is the answer."


def _target(record: RunRecord) -> str:
    """Say what the answer to the sample should be."""
    target = record.sample.target
    if record.each_step:
        return f"with {'values' if record.of_values else 'a class'} for each step"
    if record.of_values:
        return f"with the target {', '.join(f'{value:.4g}' for value in target)}"
    return f"of class {int(target)}"


#: What is drawn of the outputs, of membranes and of spikes; and which of them is the answer.
_WHAT = (
    "Membranes of the readout after each step, in weight steps.",
    "Spikes of the outputs, up to each step.",
)
_ANSWER = {
    "last": "The highest after the last step",
    "maximum": "The highest of all steps",
    "count": "The output with the most spikes",
    "first": "The output that spikes first",
}
_VALUES = {"last": "after the last step", "maximum": "of the step in which they are highest"}


def _drawn(values: np.ndarray, sample: SampleRecord) -> Picture:
    """Draw the sample itself; of a small image, with the step in which each pixel spikes."""
    if sample.signal:
        return Picture(
            "sample", sample_plots.signal(values), "The sample: a signal over time, low to high."
        )
    small = values.ndim == 2 and max(values.shape) <= _SMALL
    if small and not sample.graded and values.size == sample.input_spikes.shape[1]:
        return Picture(
            "coding",
            plots.coding(values, sample.input_spikes),
            "The sample and its code. The number is the time step in which the pixel spikes; "
            "a dot is a pixel that never does.",
        )
    return Picture("sample", sample_plots.picture(values), "The sample, an image.")


def made(record: RunRecord) -> dict[str, str]:
    """Return what one must know to repeat the run."""
    return {
        "command": record.command,
        "network": record.digest,
        "engine": record.engine,
        **record.source,
        "training seeds": ", ".join(str(seed) for seed in record.training.seeds),
        "placement seed": "none" if record.build is None else str(record.build.seed),
        **record.versions,
    }
