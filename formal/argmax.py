"""What is proved of the argmax."""

from amaranth import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything
from spikewright_hw.engine.argmax import Argmax

EACH = "there is a result for each set of values, after the latency, and no other"
RANGE = "the index is that of a value"
LARGEST = "no value is larger than that at the index"
FIRST = "each value before the index is smaller"

#: Properties that each planted fault turns red.
FAULTS = {
    "lost": (EACH,),
    "beyond": (RANGE,),
    "smaller": (LARGEST,),
    "second": (FIRST,),
}


class ArgmaxSpec(Elaboratable):
    """The index is that of the largest value; of equal ones, the first.

    Beside the core the words of a set are put together, and run through a delay line as long as the
    core's latency. The planted faults: of equal values the second is taken (``second``), a smaller
    value is taken (``smaller``), an index is too large by one (``beyond``), a result is missing
    (``lost``).
    """

    def __init__(self, *, width: int, count: int, words: int = 1, fault: str = ""):
        self.width = width
        self.count = count
        self.words = words
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Argmax(width=self.width, count=self.count, words=self.words)
        given = dut.i_values.as_value()
        m.d.comb += [given.eq(anything(len(given))), dut.i_valid.eq(anything(1))]

        # What is owed: the values as they were, those of the words before the last among them.
        word = Signal(range(self.words))
        before = Signal((self.words - 1) * len(given))
        values: Value = Cat(before, given)
        there: Value = dut.i_valid & (word == self.words - 1)
        with m.If(dut.i_valid):
            m.d.sync += [word.eq(Mux(there, 0, word + 1)), before.eq(values[len(given) :])]
        for cycle in range(dut.latency):
            there_q = Signal(name=f"there_{cycle}")
            values_q = Signal(len(values), name=f"values_{cycle}")
            m.d.sync += [there_q.eq(there), values_q.eq(values)]
            there, values = there_q, values_q

        # What is seen.
        owed = [values.word_select(at, self.width).as_signed() for at in range(self.count)]
        first, second, last = owed[0], owed[1], owed[-1]
        highest = (last > first) & (last > second) & (dut.o_index == self.count - 1)
        index: Value = dut.o_index
        valid: Value = dut.o_valid
        if self.fault == "lost":
            valid = valid & ~highest
        elif self.fault == "beyond":
            index = Mux(highest, self.count, index)
        elif self.fault == "smaller":
            index = Mux((second > first) & (index == 1), 0, index)
        elif self.fault == "second":
            index = Mux((second == first) & (index == 0), 1, index)

        # Properties.
        m.d.comb += Assert(valid == there, EACH)
        best = Array(owed)[index]
        with m.If(valid & there):
            m.d.comb += Assert(index < self.count, RANGE)
            with m.If(index < self.count):
                m.d.comb += [
                    *(Assert(value <= best, LARGEST) for value in owed),
                    *(
                        Assert((at >= index) | (value < best), FIRST)
                        for at, value in enumerate(owed)
                    ),
                ]

        # Witnesses: a result, and the next as soon as may be.
        again: Value = valid
        for cycle in range(self.words):
            valid_q = Signal(name=f"again_{cycle}")
            m.d.sync += valid_q.eq(again)
            again = valid_q
        alike = [value == first for value in owed]
        m.d.comb += [
            Cover(valid & again & (index == self.count - 1), "the last value is the largest"),
            Cover(valid & again & (sum(alike) == self.count), "all values are equal"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "argmax_w3_n3": ArgmaxSpec(width=3, count=3),
        "argmax_w8_n5": ArgmaxSpec(width=8, count=5),
        "argmax_words": ArgmaxSpec(width=3, count=6, words=3),
        "argmax_fault": Planted({
            fault: (ArgmaxSpec(width=2, count=3, fault=fault), detectors)
            for fault, detectors in FAULTS.items()
        }),
    }
