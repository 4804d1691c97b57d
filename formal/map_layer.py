"""What is proved of the map layer."""

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth import Array, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.asserts import AnyConst
from amaranth.hdl import Assert, Assume, Cover

from faults import Planted, Spec, Through, plant
from layers import APART, clamp, mutant
from neuron import exact_of
from properties import anything, drive, held, observe, stall
from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Folded
from spikewright_hw.engine.map_layer import PRESETS, MapLayer, core
from spikewright_hw.engine.word_neurons import given_width
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer, Rows

#: Steps that the core may have closed and not yet given: one in the updater, one behind it.
CAPACITY = 2

#: What the core assumes of whoever clears it, and of its taps.
CLEAR = "map layer: clear only while it is empty"
THERE = "map layer: a row and a word that there are"
NEURON = "map layer: a neuron that there is"

IN_TURN = "map layer: an event of a folded connection reaches all words in turn"

READ = "what is read of a word of sums is the sum of the taps before"
SPIKE = "a spike, or a membrane, is the definition's, from the sums of its step"
INVENTED = "no word is repeated or invented"
LOST = "no word is lost or kept back"
BEYOND = "no step is taken beyond the capacity"
RANGE = "the steps inside are in range"
TAKES = "a tap is taken while no step is closed"


class Contents(Elaboratable):
    """How much is inside a map layer: ``steps`` closed and not given, and whether one is begun."""

    def __init__(self, dut: MapLayer):
        self.dut = dut
        self.empty = Signal()
        self.begun = Signal()
        self.closes = Signal()
        self.gives = Signal()
        self.steps = Signal(range(CAPACITY + 2))
        self.plane = Signal(range(max(2, dut.layer.input_bits)))
        self.word = Signal(range(max(2, dut.words)))  # the next that is given

    def elaborate(self, platform) -> Module:
        m = Module()
        i, o = self.dut.i, self.dut.o
        final = self.plane == self.dut.layer.input_bits - 1
        last = i.valid & i.ready & i.payload.last
        m.d.comb += [
            self.closes.eq(last & final),
            self.gives.eq(o.valid & o.ready & (self.word == self.dut.words - 1)),
            self.empty.eq((self.steps == 0) & ~self.begun),
        ]
        m.d.sync += self.steps.eq(self.steps + self.closes - self.gives)
        with m.If(i.valid & i.ready):
            m.d.sync += self.begun.eq(~self.closes)
        with m.If(last):
            m.d.sync += self.plane.eq(Mux(final, 0, self.plane + 1))
        with m.If(o.valid & o.ready):
            m.d.sync += self.word.eq(Mux(self.gives, 0, self.word + 1))
        return m


class _Steps:
    """The core in its environment, and how much is inside."""

    def __init__(self, m: Module, dut: MapLayer):
        m.submodules.dut = dut
        self.tap = dut.i.payload
        self.taken = drive(m, dut.i).transfers
        stall(m, dut.o)
        m.submodules.contents = self.contents = contents = Contents(dut)
        m.d.comb += [dut.clear.eq(anything(1)), Assume(~dut.clear | contents.empty, CLEAR)]
        connection = dut.layer.connection
        there = (self.tap.row < connection.rows) & (self.tap.word < connection.words)
        m.d.comb += Assume(~(dut.i.valid & self.tap.tap) | there, THERE)
        if dut.in_turn:
            at = Signal(range(dut.words))
            tap = self.tap
            right = Mux(
                tap.tap, (tap.word == at) & ~(tap.last & (at != dut.words - 1)), at == 0
            )
            m.d.comb += Assume(~dut.i.valid | right, IN_TURN)
            with m.If(self.taken & tap.tap):
                m.d.sync += at.eq(Mux(at == dut.words - 1, 0, at + 1))


class MapLayerContractSpec(Spec):
    """Each closed step gives its words, held until they are taken and never kept back.

    Taps are any at all, and so are weights, sums and states as far as this is concerned. A fault is
    an offer that is withdrawn or changed while it stalls, or that seems to come ``early``, or
    ``kept`` back; ``greedy``, a step more that seems to be inside; ``deaf``, taps that seem not to
    be taken.
    """

    def __init__(self, dut: MapLayer):
        self.dut = dut

    def surround(self, m: Module) -> _Steps:
        return _Steps(m, self.dut)

    def check(self, m: Module, seen: _Steps, fault: str) -> None:
        dut, contents = self.dut, seen.contents
        offers = observe(dut.o)
        plant(m, offers, fault)
        held(m, offers, name="word")
        valid = (dut.o.valid & (fault != "kept")) | (fault == "early")
        steps = contents.steps + (fault == "greedy")
        longest = dut.stages + 2 + dut.turns  # to the next word
        waited = Signal(range(longest + 2))
        since = Signal(range(dut.words + 1))
        m.d.sync += [
            waited.eq(Mux((steps != 0) & ~valid, waited + 1, 0)),
            since.eq(Mux(since == dut.words, since, since + 1)),
        ]
        takes = dut.i.ready & (fault != "deaf")
        m.d.comb += [
            Assert(~valid | (steps != 0), INVENTED),
            Assert(waited < longest, LOST),
            Assert(~contents.closes | (steps - contents.gives < CAPACITY), BEYOND),
            Assert(steps <= CAPACITY, RANGE),
            Assert(takes | (steps != 0) | (since != dut.words), TAKES),
            Cover(steps == CAPACITY, "a step is closed behind another"),
            Cover(contents.closes & contents.gives, "a step comes as another goes"),
        ]


class MapLayerDataSpec(Elaboratable):
    """What a neuron gives, its spike or its membrane, is the definition's.

    That is over the sum of the rows of the taps of its step.

    Beside the core, one neuron is followed, any of them, the same for ever: its taps are summed,
    and it is updated in the cycle in which a step is closed, over integers wide enough for all that
    happens after the sum, which is as wide as that of the core. Whenever the core reads the word of
    sums that the neuron is of, it reads that sum, be it to add a tap or to update; and the word
    that it is of has its spike. Assumes that a tap has a row and a word that there are. A planted
    fault is a core of another layer, ``read``, a sum that is read wrong, or ``cut``, a
    value in between that loses a bit.
    """

    def __init__(self, dut: MapLayer, *, layer: Layer | None = None, fault: str = ""):
        self.dut = dut
        self.layer = layer or dut.layer
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        dut, layer = self.dut, self.layer
        steps = _Steps(m, dut)
        contents = steps.contents
        followed = _Followed(m, dut)
        inputs = {
            name: self._current(m, steps, followed, name) for name in layer.definition.inputs
        }
        owes, fresh = self._update(m, steps, followed, inputs)

        # What is owed, of the older step and of the one behind it.
        width = given_width(layer)
        owed, behind = Signal(width), Signal(width)
        left = Signal(width)
        none = contents.steps == contents.gives
        m.d.comb += left.eq(Mux(contents.gives, behind, owed))
        m.d.sync += owed.eq(left)
        with m.If(contents.closes):
            m.d.sync += [owed.eq(Mux(none, owes, left)), behind.eq(owes)]
        given = dut.o.payload.word_select(followed.lane, width)
        with m.If(dut.o.valid & (contents.word == followed.word)):
            m.d.comb += Assert(given == owed, SPIKE)

        # Witnesses.
        here = steps.taken & steps.tap.tap & (steps.tap.word == followed.word)
        again = Signal()
        m.d.sync += again.eq(here)
        m.d.comb += [
            Cover(here & again, "a tap follows another of the same word at once"),
            Cover(dut.o.valid & dut.o.payload.any() & ~fresh, "a neuron spikes, or has charge"),
        ]
        return m

    def _current(self, m: Module, steps: _Steps, followed: "_Followed", name: str) -> Value:
        """Return a stored current when a step is closed, else 0; the core reads the same sums."""
        dut, layer, contents = self.dut, self.layer, steps.contents
        total, summed, read, before, closed, behind = (
            Signal(dut.synapses.total(name), name=f"{one}_{name}")
            for one in ("total", "summed", "read", "before", "closed", "behind")
        )
        rows = layer.contributions(name)
        weight = Array(Array(row)[followed.lane] for row in rows)[steps.tap.row]
        planes = reversed(range(layer.input_bits))
        scaled = Array(weight * (1 << plane) for plane in planes)[contents.plane]
        here = steps.tap.tap & (steps.tap.word == followed.word)
        m.d.comb += summed.eq(total + Mux(here, scaled, 0))
        with m.If(steps.taken):
            m.d.sync += total.eq(Mux(contents.closes, 0, summed))
        with m.If(dut.moves):
            m.d.sync += [read.eq(total), before.eq(read)]

        # Sums of the steps that are closed and not yet updated, the older first.
        is_here = dut.word == followed.word
        first = dut.updates & is_here & ~dut.shifted
        updated = dut.moves & first
        waiting = Signal(range(CAPACITY + 1), name=f"waiting_{name}")
        left = Signal.like(waiting)
        m.d.comb += left.eq(waiting - updated)
        m.d.sync += waiting.eq(left + contents.closes)
        with m.If(updated):
            m.d.sync += closed.eq(behind)
        with m.If(contents.closes):
            m.d.sync += behind.eq(summed)
            with m.If(left == 0):
                m.d.sync += closed.eq(summed)
        seen = Array(one[name] for one in dut.totals)[followed.lane] ^ (self.fault == "read")
        with m.If(dut.adds & is_here):
            m.d.comb += Assert(seen == before, READ)
        with m.If(first):
            m.d.comb += Assert(seen == closed, READ)
        bias = followed.of_kind(layer.biases(name), width=16)
        return Mux(contents.closes, (summed << layer.shift) + bias, 0)

    def _update(
        self, m: Module, steps: _Steps, followed: "_Followed", inputs: Mapping[str, Value]
    ) -> tuple[Value, Signal]:
        """Update the neuron when a step is closed.

        Return its spike, or its membrane if it never spikes, and whether it is fresh.
        """
        fixed, clear, closes = self.layer.fixed, self.dut.clear, steps.contents.closes
        kinds = range(self.layer.kinds)
        fresh = Signal(init=1)
        states, before = {}, {}
        for name, form in fixed.formats.items():
            states[name] = Signal(signed(form.width), name=f"state_{name}")
            starts = [fixed.start(name, neuron=kind) for kind in kinds]
            start = followed.of_kind(starts, width=form.width)
            # A tap may come while the states of the empty layer are cleared.
            before[name] = Mux(fresh | clear, start, states[name])
        constants = {
            name: followed.of_kind(values, width=24) for name, values in fixed.vectors.items()
        }
        step = exact_of(m, fixed, {**before, **inputs, **constants})
        step.check(m, cut=Const(self.fault == "cut"))
        after = {name: clamp(step.after[name], *fixed.bounds[name]) for name in states}
        with m.If(closes):
            m.d.sync += [fresh.eq(0), *(state.eq(after[name]) for name, state in states.items())]
        with m.Elif(clear):
            m.d.sync += fresh.eq(1)
        return step.after["spike"].bool() if fixed.definition.spikes else after["v"], fresh


class _Followed:
    """The neuron that is followed: any one, the same for ever; its word, and its lane there."""

    def __init__(self, m: Module, dut: MapLayer):
        neurons, kinds = dut.layer.neurons, dut.layer.kinds
        chosen = Signal(range(max(2, neurons)))
        m.d.comb += [
            chosen.eq(AnyConst(chosen.shape())), Assume(chosen < neurons, NEURON),
        ]
        self.word = Array(neuron // dut.lanes for neuron in range(neurons))[chosen]
        self.lane = Array(neuron % dut.lanes for neuron in range(neurons))[chosen]
        self._kind = Array(neuron % kinds for neuron in range(neurons))[chosen]

    def of_kind(self, values: Sequence[int], *, width: int) -> Value:
        """Return the neuron's constant, of one for each of the layer's kinds."""
        return Array(Const(value, signed(width)) for value in values)[self._kind]


def _small(connection: Connection, weights: Rows, **fields: Any) -> Layer:
    given = {
        "weight_bits": 2, "neuron": "lif", "membrane": Format(2, 0),
        "parameters": {"decay": 0.5, "threshold": 1.0},
    }
    return Layer(weights=weights, connection=connection, **{**given, **fields})


def _line(source: FeatureMap, *, kernel: int = 1, **fields: Any) -> Convolution:
    return Convolution(source=source, kernel=(1, kernel), **fields)


#: Layers as small as can be, and the stages of their updaters: a single word of two neurons; one of
#: a neuron that tells excitation from inhibition; neurons that differ from group to group in start,
#: level and bias; three places, whose words follow each other from step to step; inputs of two
#: bits; three words of a folded connection, of a neuron and of two that take turns; two places of a
#: neuron that never spikes.
SMALL: dict[str, tuple[Layer, int]] = {
    "lanes": (_small(Dense(source=FeatureMap(channels=2), neurons=2), ((1, 0), (0, -1))), 1),
    "apart": (_small(
        Dense(source=FeatureMap(channels=2), neurons=1), ((1,), (-1,)), neuron=APART,
    ), 1),
    "groups": (_small(
        _line(FeatureMap(channels=2), channels=2, groups=2), ((1,), (-1,)), neuron="nir_lif",
        parameters={"tau": 2.0, "r": 2.0, "v_leak": (1.0, -1.0), "v_threshold": (1.0, 2.0)},
        bias=(1, 0), membrane=Format(3, 0),
    ), 2),
    "places": (_small(_line(FeatureMap(channels=1, width=3), channels=1), ((1,),)), 1),
    "graded": (_small(
        Dense(source=FeatureMap(channels=1), neurons=1), ((1,),), input_bits=2,
        membrane=Format(3, 0),
    ), 1),
    "in_words": (_small(
        Folded(source=FeatureMap(channels=1), neurons=3, per_word=1), ((1,), (-1,), (1,)),
    ), 1),
    "turns": (_small(
        Folded(source=FeatureMap(channels=1), neurons=6, per_word=2),
        ((1, -1), (-1, 1), (1, 1)),
    ), 1),
    "membranes": (_small(
        _line(FeatureMap(channels=1, width=2), channels=1), ((-1,),), neuron="li",
        parameters={"decay": 0.5},
    ), 1),
}


def tiny(name: str, *, fault: str = "") -> MapLayerDataSpec:
    """Say what is proved of one of the small layers; with a fault, of a core that has it."""
    layer, stages = SMALL[name]
    dut = MapLayer(layer=mutant(layer, fault), stages=stages, share=2)
    return MapLayerDataSpec(dut, layer=layer, fault=fault)


def planted() -> Planted:
    """Plant a core of some mutants, sums that are read wrong, and a lost bit."""
    found = (READ, SPIKE)
    detectors = {
        "lanes": {"sign": found, "neurons": found, "rows": found, "read": (READ,)},
        "groups": {"bias": (SPIKE,), "cut": ("no value in between wraps",)},
    }
    faults = Planted({
        fault: (tiny(name, fault=fault), sentences)
        for name, of_layer in detectors.items()
        for fault, sentences in of_layer.items()
    })
    faults.plant("membranes", tiny("membranes", fault="sign"), found)
    return faults


def specs() -> dict[str, Elaboratable]:
    contracts: dict[str, Elaboratable] = {
        f"map_layer_{name}": MapLayerContractSpec(core(**preset))
        for name, preset in PRESETS.items()
    }
    return contracts | {f"map_layer_{name}": tiny(name) for name in SMALL} | {
        "map_layer_fault": planted(),
        "map_layer_fault_contract": Through(
            MapLayerContractSpec(MapLayer(layer=SMALL["lanes"][0], stages=2)),
            {
                "withdrawn": ("word: an offer is not withdrawn while it stalls",),
                "unsteady": ("word: a payload is held while it stalls",),
                "early": (INVENTED,),
                "kept": (LOST,),
                "greedy": (LOST, BEYOND, RANGE),
                "deaf": (TAKES,),
            },
        ),
    }
