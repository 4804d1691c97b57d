"""Filter bank: sound in, counts of spikes out, by channels that share one multiplier."""

from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ..definition.pipeline import pipelined_step
from .bank import LEVEL_BITS, Bank, spaced

__all__ = ["CHANNEL_CYCLES", "PRESETS", "FilterBank", "core", "sample_cycles"]

PRESETS = {
    "c4_s5": {
        "channels": 4, "low": 0.02, "high": 0.4, "samples": 5, "octaves": 6, "sample_bits": 8,
        "guard": 5, "fraction": 9,
    },
    "c16_8khz": {"channels": 16, "low": 0.0125, "high": 0.4375, "samples": 80},
    "c24_16khz": {"channels": 24, "low": 0.00625, "high": 0.4375, "samples": 48},
}

#: Clock cycles of a channel, for each sample.
CHANNEL_CYCLES = 10


def sample_cycles(channels: int) -> int:
    """Return the cycles from one sample to the next, while no count has to wait to be taken."""
    return CHANNEL_CYCLES * channels + 1


class FilterBank(wiring.Component):
    """Counts, step by step, the spikes of neurons that each listen to a band of frequency.

    The channels take turns in one datapath, one after the other: :func:`~.bank.step` in
    :data:`CHANNEL_CYCLES` clock cycles, with one multiplier for the four products of a resonator.
    A sample takes ``10 * channels + 1`` cycles. With the last sample of a step, each channel offers
    its count when its turn ends, and waits until that is taken.

    Parameters
    ----------
    bank : Bank
        Resonators, neurons and the length of a step.

    Members
    -------
    i : In(stream.Signature(sound))
        ``sample``, signed, and ``start``: the sound begins with this sample, after silence, and a
        step with it. The first sample after a reset begins one in any case.
    o : Out(stream.Signature(counts))
        Of each step, in the order of the channels: ``channel``, and the ``count`` of its spikes.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, bank: Bank):
        self.bank = bank
        state, channels = signed(bank.state_bits), range(max(2, bank.channels))
        counted = range(max(2, bank.most_count + 1))
        self.state = data.StructLayout({
            "real": state, "imaginary": state,
            "membrane": bank.neuron.formats["v"].width, "count": counted,
        })
        #: What a proof looks at: the channel whose turn it is, its level, and that its turn ends.
        self.turn, self.ends = Signal(channels), Signal()
        self.level = Signal(range(bank.most_level + 1))
        self.spike = Signal()
        #: A part of the next state before it is cut to its bits, and that it is.
        self.part, self.cuts = Signal(signed(bank.state_bits + 3)), Signal()
        self.sound = data.StructLayout({"sample": signed(bank.sample_bits), "start": 1})
        self.counts = data.StructLayout({"channel": channels, "count": counted})
        super().__init__({
            "i": In(stream.Signature(self.sound)), "o": Out(stream.Signature(self.counts)),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the turns, the resonator, and the neuron."""
        m = Module()
        bank = self.bank
        sample: Any = Signal(self.i.payload.shape())
        anew, fresh = Signal(), Signal(init=1)
        at = Signal(range(max(2, bank.samples)))
        before, write = self._states(m, anew)
        real, imaginary = Signal(signed(bank.state_bits)), Signal(signed(bank.state_bits))
        m.d.comb += anew.eq(sample.start | fresh)

        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.FSM(name="channel"):
            with m.State("IDLE"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.d.sync += sample.eq(self.i.payload)
                    with m.If(self.i.payload.start):
                        m.d.sync += at.eq(0)
                    m.next = "READ"
            with m.State("READ"):
                m.next = "PRODUCT_0"
            self._resonate(m, before, sample.sample, real=real, imaginary=imaginary)
            with m.State("MAGNITUDE"):
                size = self._magnitude(m, real, imaginary)
                m.next = "LEVEL"
            with m.State("LEVEL"):
                m.d.sync += self.level.eq(self._level(m, size))
                m.next = "NEURON"
            with m.State("NEURON"):
                with m.If(~self.o.valid | self.o.ready):
                    m.d.comb += self.ends.eq(1)
                    m.d.sync += self.turn.eq(self.turn + 1)
                    m.next = "READ"
                    with m.If(self.turn == bank.channels - 1):
                        m.d.sync += [
                            self.turn.eq(0), fresh.eq(0),
                            at.eq(Mux(at == bank.samples - 1, 0, at + 1)),
                        ]
                        m.next = "IDLE"
        count = self._neuron(m, before, first=at == 0, write=write)
        m.d.comb += [write.data.real.eq(real), write.data.imaginary.eq(imaginary)]
        with m.If(self.ends & (at == bank.samples - 1)):
            m.d.sync += [
                self.o.valid.eq(1), self.o.payload.channel.eq(self.turn),
                self.o.payload.count.eq(count),
            ]
        return m

    def _states(self, m: Module, anew: Value) -> tuple[Any, Any]:
        """Build the memory of states; return that of the channel, 0 after silence, and a port."""
        m.submodules.states = states = memory.Memory(
            shape=self.state, depth=max(2, self.bank.channels), init=[]
        )
        read, write = states.read_port(), states.write_port()
        before: Any = Signal(self.state)
        m.d.comb += [
            read.addr.eq(self.turn), write.addr.eq(self.turn), write.en.eq(self.ends),
            before.eq(Mux(anew, 0, read.data.as_value())),
        ]
        return before, write

    def _resonate(
        self, m: Module, before: Any, sample: Value, *, real: Signal, imaginary: Signal
    ) -> None:
        """Build the four products, one a cycle, and their two sums, each a cycle behind."""
        bank = self.bank
        cosine, sine, shift = self._coefficients(m)
        product = Signal(signed(bank.state_bits + bank.fraction + 1))
        total = Signal(signed(bank.state_bits + bank.fraction + 3))
        factor, state = Signal.like(cosine), Signal.like(before.real)
        heard = Signal(signed(bank.state_bits))
        half = Const(1 << bank.fraction - 1)
        m.d.comb += [
            factor.eq(cosine), state.eq(before.real),
            heard.eq((sample << bank.guard) >> shift),
            self.part.eq(total >> bank.fraction),
        ]
        with m.State("PRODUCT_0"):
            m.next = "PRODUCT_1"
        with m.State("PRODUCT_1"):
            m.d.comb += [factor.eq(sine), state.eq(before.imaginary)]
            m.d.sync += total.eq(product + half + (heard << bank.fraction))
            m.next = "PRODUCT_2"
        with m.State("PRODUCT_2"):
            m.d.comb += [factor.eq(sine), state.eq(before.real)]
            m.d.sync += total.eq(total - product)
            m.next = "PRODUCT_3"
        with m.State("PRODUCT_3"):
            m.d.comb += [state.eq(before.imaginary), self.cuts.eq(1)]
            m.d.sync += [real.eq(self.part), total.eq(product + half)]
            m.next = "SUM"
        with m.State("SUM"):
            m.d.sync += total.eq(total + product)
            m.next = "CUT"
        with m.State("CUT"):
            m.d.comb += self.cuts.eq(1)
            m.d.sync += imaginary.eq(self.part)
            m.next = "MAGNITUDE"
        m.d.sync += product.eq(self.product(factor, state))

    def product(self, factor: Value, state: Value) -> Value:
        """Return the product of a coefficient and a state."""
        return factor * state

    def _coefficients(self, m: Module) -> tuple[Value, Value, Value]:
        """Build the memory of coefficients; return the channel's cosine, sine and shift."""
        bank = self.bank
        coefficient = signed(bank.fraction + 1)
        layout = data.StructLayout({
            "cosine": coefficient, "sine": coefficient, "shift": range(bank.guard + 1)
        })
        numbers: Any = [
            {"cosine": cosine, "sine": sine, "shift": shift}
            for cosine, sine, shift in zip(bank.cosines, bank.sines, bank.shifts, strict=True)
        ]
        m.submodules.coefficients = table = memory.Memory(
            shape=layout, depth=max(2, bank.channels), init=numbers,
        )
        port = table.read_port()
        m.d.comb += port.addr.eq(self.turn)
        return port.data.cosine, port.data.sine, port.data.shift

    def _magnitude(self, m: Module, real: Value, imaginary: Value) -> Signal:
        """Build the size of the state, a cycle later."""
        size = Signal(self.bank.state_bits)
        a, b = (Mux(part < 0, -part, part)[: self.bank.state_bits] for part in (real, imaginary))
        larger, smaller = Signal.like(size), Signal.like(size)
        m.d.comb += Cat(larger, smaller).eq(Mux(a < b, Cat(b, a), Cat(a, b)))
        m.d.sync += size.eq(larger + (smaller >> 1))
        return size

    def _level(self, m: Module, size: Signal) -> Signal:
        """Build the logarithm of a size above the floor."""
        bank = self.bank
        octave, part = Signal(range(len(size))), Signal(LEVEL_BITS)
        for bit in range(len(size)):
            with m.If(size[bit]):
                m.d.comb += octave.eq(bit)
        aligned = (size << LEVEL_BITS) >> octave
        above = Signal(signed(len(octave) + LEVEL_BITS + 1))
        found = Signal.like(self.level)
        m.d.comb += [
            part.eq(aligned[:LEVEL_BITS]),
            above.eq(Cat(part, octave) - bank.floor),
            found.eq(Mux((size == 0) | (above < 0), 0, above)),
        ]
        return found

    def _neuron(self, m: Module, before: Any, *, first: Value, write: Any) -> Signal:
        """Build the neuron's step; return the count with its spike, from 0 in a first sample."""
        fixed = self.bank.neuron
        after, spike = pipelined_step(
            m, fixed, {"v": before.membrane.as_signed()}, {"i": Cat(self.level, 0).as_signed()},
            vectors={}, stages=1, advance=Const(1),
        )
        assert spike is not None
        count = Signal.like(before.count)
        m.d.comb += [
            self.spike.eq(spike),
            count.eq(Mux(first, 0, before.count) + self.spike),
            write.data.membrane.eq(after["v"]), write.data.count.eq(count),
        ]
        return count


def core(
    *, channels: int, low: float, high: float, corner: float = 0.05, width: float = 1.0,
    samples: int, count_bits: int = 4, octaves: int = 11, sample_bits: int = 16, guard: int = 8,
    fraction: int = 14,
) -> FilterBank:
    """Make a bank of evenly spaced bands.

    Parameters
    ----------
    channels : int, 2 to 256
        Bands.
    low, high : float, above 0, below 0.5
        Middle of the lowest and of the highest band, as shares of the samples a second.
    corner : float, above 0
        Where equal distances go over to equal ratios, as such a share.
    width : float, above 0
        Width of a band, in distances between them.
    samples : int, at least 1
        Samples of a step.
    count_bits : int, 1 to 16
        Bits of a count.
    octaves : int, at least 1
        Octaves below the loudest magnitude that are told from silence.
    sample_bits : int, 2 to 24
        Bits of a sample.
    guard : int, 0 to 24
        Bits of a state below those of a sample.
    fraction : int, 1 to 24
        Bits of a coefficient after the point.
    """
    return FilterBank(spaced(
        channels=channels, low=low, high=high, corner=corner, width=width, samples=samples,
        count_bits=count_bits, octaves=octaves, sample_bits=sample_bits, guard=guard,
        fraction=fraction,
    ))
