"""From what a run observed to its record: each value has one origin, which its name says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikewright_hw.engine.design import Design
from spikewright_hw.protocol import Hello, Kind

from ..gateware.bitstream import Bitstream
from ..gateware.board import Board
from ..gateware.parts import PARTS
from ..machine import processor
from ..network.reference import Run
from ..quantized.network import QuantizedNetwork
from ..record.run_record import (
    BoardRecord,
    BuildRecord,
    RunRecord,
    SampleRecord,
    TrainingRecord,
)
from ..task.task import Task
from .compare import Inference, compare, counters, predictions
from .training import versions

__all__ = ["Observations", "describe", "record"]


@dataclass(frozen=True, kw_only=True)
class Observations:
    """What the test split gave.

    Parameters
    ----------
    sent : array ``[samples, steps, inputs]``
        The input spikes, as they were sent to the board.
    integers : Run
        The integer reference on them.
    reference : Run
        The engine's own reference on them: the integers again, or the model of bitstreams.
    torch_predictions : array ``[samples]``, optional
        Predictions of PyTorch on the integer grid.
    cycles : array ``[samples]``, optional
        Cycles by the engine's model, where there is an exact one.
    hello : Hello
        What the board said of itself.
    inferences : tuple of Inference
        What the board answered, in the order of the samples.
    """

    sent: np.ndarray
    integers: Run
    reference: Run
    torch_predictions: np.ndarray | None
    cycles: np.ndarray | None
    hello: Hello
    inferences: tuple[Inference, ...]


def record(
    observed: Observations,
    *,
    task: Task,
    networks: Sequence[QuantizedNetwork],
    design: Design,
    board: Board,
    bitstream: Bitstream | None,
    simulator: str,
    command: str,
    no_bitstream: str = "",
) -> RunRecord:
    """Put together the record of a run.

    Parameters
    ----------
    networks : sequence of QuantizedNetwork
        Of all seeds; the first is the one that was run.
    bitstream : Bitstream, optional
        Without one, ``no_bitstream`` says why.
    simulator : str
        What runs the board if it is virtual.
    """
    quantized = networks[0]
    comparison = compare(
        observed.inferences,
        observed.reference,
        torch_predictions=observed.torch_predictions,
        cycles=observed.cycles,
    )
    # The board says itself whether it is a simulation, whatever port it was found at.
    virtual = observed.hello.kind == Kind.VIRTUAL
    return RunRecord(
        network=describe(quantized),
        digest=design.digest(quantized.network).hex(),
        engine=str(design),
        source=_source(quantized),
        labels=task.y_test,
        predictions_integer=observed.integers.predictions,
        predictions_device=predictions(observed.inferences),
        accuracy_float=quantized.provenance.accuracy_float,
        counters=counters(observed.inferences),
        compared=comparison.compared,
        mismatches=comparison.mismatches,
        sample=_sample(quantized, task, observed),
        training=_training(networks),
        build=None if bitstream is None else _build(bitstream, board),
        no_build=no_bitstream,
        board=BoardRecord(
            name=board.title,
            device=PARTS[board.part].label,
            clock_mhz=observed.hello.clock_hz / 1e6,
            virtual=virtual,
            simulator=simulator if virtual else "",
        ),
        versions={"processor": processor()}
        | versions()
        | ({} if bitstream is None else _versions(bitstream)),
        command=command,
        stream_length=design.streams and design.streams.length,
    )


def describe(quantized: QuantizedNetwork) -> str:
    """Name a network in a few words."""
    layers = quantized.network.layers
    sizes = "-".join(map(str, [quantized.network.inputs, *(layer.neurons for layer in layers)]))
    neurons = "/".join(dict.fromkeys(layer.neuron.upper() for layer in layers))
    bits = "/".join(dict.fromkeys(str(layer.weight_bits) for layer in layers))
    return f"{sizes} {neurons}, {bits}-bit weights, {quantized.network.steps} steps"


def _source(quantized: QuantizedNetwork) -> dict[str, str]:
    coding = quantized.coding
    return {
        "data set": quantized.provenance.data_set,
        "seed": str(quantized.provenance.seed),
        "coding": f"time to first spike, {coding.steps} steps",
        "trained on": quantized.provenance.versions.get("processor", "an unknown processor"),
    }


def _sample(
    quantized: QuantizedNetwork, task: Task, observed: Observations, index: int = 0
) -> SampleRecord:
    readout = quantized.network.layers[-1]
    weight_step = readout.membrane.one * 2.0**-readout.exponent
    trace = observed.inferences[index].trace
    picture = (task.x_test[index] - task.low) / (task.high - task.low)
    return SampleRecord(
        index=index,
        label=int(task.y_test[index]),
        values=picture.reshape(task.image) if task.image else None,
        input_spikes=observed.sent[index],
        hidden_spikes=tuple(np.array(layer) for layer in trace.spikes),
        membranes_reference=observed.reference.membranes[index] / weight_step,
        membranes_device=np.array(trace.membranes) / weight_step,
    )


def _training(networks: Sequence[QuantizedNetwork]) -> TrainingRecord:
    provenances = [quantized.provenance for quantized in networks]
    return TrainingRecord(
        seeds=tuple(provenance.seed for provenance in provenances),
        accuracy_float=tuple(provenance.accuracy_float for provenance in provenances),
        accuracy_integer=tuple(provenance.accuracy_integer for provenance in provenances),
    )


def _versions(bitstream: Bitstream) -> dict[str, str]:
    return dict(tool.rsplit(" ", 1) for tool in bitstream.tools)


def _build(bitstream: Bitstream, board: Board) -> BuildRecord:
    return BuildRecord(
        tool=bitstream.tools[1],
        seed=bitstream.seed,
        corner=PARTS[board.part].corner,
        lut=bitstream.lut,
        ff=bitstream.ff,
        bram=bitstream.bram,
        dsp=bitstream.dsp,
        fmax_mhz=bitstream.fmax_mhz,
    )
