"""What is proved of every engine for its layers: what these assume of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth import Module, Value
from amaranth.hdl import Assert, Cover

import delay
import feedback
import map_layer
import row_layer
import stream_passes
from faults import Spec, plant
from properties import Observed, anything, drive, held, observe, stall
from spikewright_hw.engine.event import EventStage
from spikewright_hw.engine.inference import InferenceEngine
from spikewright_hw.engine.map_stage import MapStage
from spikewright_hw.engine.row_layer import RowLayer
from spikewright_hw.engine.stage import stage_inputs

__all__ = ["DETECTORS", "MAP_DETECTORS", "ContractSpec"]

#: Faults of what is seen of an engine, and the properties that each turns red, besides those of its
#: layers.
DETECTORS: dict[str, tuple[str, ...]] = {
    "unsteady": ("input: a payload is held while it stalls",),
    "withdrawn": ("input: an offer is not withdrawn while it stalls",),
    "answer": (feedback.ANSWERS,),
}

#: The same of an engine whose first layer comes to a map.
MAP_DETECTORS: dict[str, tuple[str, ...]] = {
    "unsteady": ("input: a payload is held while it stalls",),
    "withdrawn": ("input: an offer is not withdrawn while it stalls",),
    "cleared": (map_layer.CLEAR, row_layer.CLEAR),
}


@dataclass(frozen=True)
class Contracts:
    """Who is cleared when, while it is empty or not, and what was assumed of this; and answers."""

    clears: Sequence[tuple[Value, Value, str]]
    answers: Sequence[tuple[Value, Value]]


class ContractSpec(Spec):
    """Layers are cleared only while they are empty, and hear only spikes that are theirs.

    These are the assumptions of the layers' own specs, asserted by the same sentences; so is what
    the first layer assumes of its input. A planted fault is an engine that clears all the time,
    ``cleared``, or one of :data:`DETECTORS`.
    """

    def __init__(self, dut: InferenceEngine):
        self.dut = dut

    def surround(self, m: Module) -> Contracts:
        m.submodules.dut = dut = self.dut
        drive(m, dut.i)
        stall(m, dut.o)
        trace_address = dut.trace_address.as_value()
        m.d.comb += trace_address.eq(anything(len(trace_address)))
        clears, answers = [], []
        for number, stage in enumerate(dut.stages):
            if isinstance(stage, EventStage):
                m.submodules[f"inside_{number}"] = rows = row_layer.Contents(stage.rows)
                clears.append((stage.rows.clear, rows.empty, row_layer.CLEAR))
            elif isinstance(stage, MapStage):
                inside: Any
                if isinstance(stage.neurons, RowLayer):
                    inside, said = row_layer.Contents(stage.neurons), row_layer.CLEAR
                else:
                    inside, said = map_layer.Contents(stage.neurons), map_layer.CLEAR
                m.submodules[f"inside_{number}"] = inside
                clears.append((stage.neurons.clear, inside.empty, said))
                own = [] if stage.own is None else [stage.own]
                for at, branch in enumerate([*stage.branches, *own]):
                    if branch.delay is not None:
                        waits = delay.Contents(branch.delay)
                        m.submodules[f"waits_{number}_{at}"] = waits
                        clears.append((branch.delay.clear, waits.empty, delay.CLEAR))
                continue
            else:
                layer: Any = stage.layer  # pyright: ignore[reportAttributeAccessIssue]
                m.submodules[f"inside_{number}"] = streams = stream_passes.Contents(layer)
                clears.append((layer.clear, ~streams.inside, stream_passes.CLEAR))
            if stage.feedback is not None:  # pyright: ignore[reportAttributeAccessIssue]
                back: Any = stage.feedback  # pyright: ignore[reportAttributeAccessIssue]
                m.submodules[f"awaited_{number}"] = steps = feedback.Contents(back)
                clears.append((back.clear, steps.empty, feedback.CLEAR))
                answers.append((back.i_spikes.valid, steps.inside))
        return Contracts(clears, answers)

    def check(self, m: Module, seen: Contracts, fault: str) -> None:
        for port in stage_inputs(self.dut.stages[0]):
            first: Observed = observe(port)
            plant(m, first, fault)
            held(m, first, name="input")
        for clear, empty, said in seen.clears:
            m.d.comb += [
                Assert(~(clear | (fault == "cleared")) | empty, said),
                Cover(~empty, "a layer is not empty"),
            ]
        for answer, inside in seen.answers:
            m.d.comb += Assert(~(answer | (fault == "answer")) | inside, feedback.ANSWERS)
