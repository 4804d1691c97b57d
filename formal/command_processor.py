"""What is proved of the command processor."""

from collections.abc import Collection, Iterable, Mapping

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from commands import Counting, Requests, byte_of
from faults import Faults
from packets import (
    BUSY,
    EARLY,
    LAST,
    LATE,
    REFUSED,
    SEQUENCE,
    STATUS,
    UNSTEADY,
    WITHDRAWN,
    check_answer,
    check_idle,
    seen_answer,
)
from properties import Observed, observe
from spikewright_hw.connection import Dense, FeatureMap
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.words import input_words
from spikewright_hw.fixed import Format
from spikewright_hw.link.command_processor import CommandProcessor
from spikewright_hw.protocol import OPTIONAL, Command, Kind, Status

HELLO = "the payload of HELLO is what the board is, byte by byte"
RESULT = (
    "the payload of INFER is the engine's result, byte by byte, with outputs as the trace has them"
)
TRACE = "the payload of TRACE is the trace, byte by byte"
READ = "a request is read to its end, and none while an answer is due or a word waits"
GIVEN = "the engine gets each word of a right INFER when its bytes are in, and nothing else"
SPIKES = "the spikes of a word are the bits of its bytes"
TAKEN = (
    "a result is taken with the last byte of the answer that it is in, of a RUN's others at once, "
    "and at no other time"
)
STORED = "the engine gets each byte of a right LOAD as it comes, and nothing else to store"
COUNTED = "a byte of STATUS, and of what RUN has after the result, is what was counted before it"
INFERRED = "the end of each inference is told, and nothing else as such"
TIMES = "each byte of how many inferences a RUN has is told, and nothing else as such"
AGAIN = "the inputs of a RUN are asked for again until its last inference, or until a byte waits"
RUNNING = "running while the inferences of a RUN are in work"
RESTART = "a reset is asked for after the answer to RESET, and at no other time"

CHANGE = "another rate is asked for after the answer to RATE, as it says, and at no other time"

PAYLOADS = {Command.HELLO: HELLO, Command.INFER: RESULT, Command.TRACE: TRACE}

#: Properties that each planted fault turns red.
FAULTS = {
    "withdrawn": (WITHDRAWN, LATE),
    "unsteady": (UNSTEADY, SEQUENCE),
    "early": (EARLY,),
    "late": (LATE,),
    "sequence": (SEQUENCE,),
    "status": (STATUS,),
    "hello": (HELLO,),
    "last": (LAST,),
    "read": (READ,),
    "refused": (REFUSED,),
    "given": (GIVEN,),
    "spikes": (SPIKES,),
    "taken": (TAKEN,),
    "stored": (STORED,),
    "rests": (BUSY,),
}

#: Of what comes late, and is looked for in a run of an INFER and a TRACE, or of a RUN.
LATE_FAULTS = {"result": (RESULT,), "trace": (TRACE,)}
RUN_FAULTS = {
    "ran": (COUNTED,),
    "inferred": (INFERRED,),
    "times": (TIMES,),
    "asks_again": (AGAIN,),
    "at_work": (RUNNING,),
    "resetting": (RESTART,),
    "at_another": (CHANGE,),
}

#: Cycles in which no byte of an answer is offered, between two of them.
BETWEEN = 2


class CommandProcessorSpec(Elaboratable):
    """Each request gets one answer, the one that is due, and what is malformed changes nothing.

    What is due follows from :class:`~commands.Requests`, which has the assumptions. Core and
    requests are there once, the properties once for each of ``faults``.
    """

    def __init__(
        self, dut: CommandProcessor, *, faults: Iterable[str] = ("",),
        witness: Command | None = None,
    ):
        self.dut = dut
        self.faults = tuple(faults)
        self.witness = witness

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = self.dut
        now = Requests(m, self.dut, witness=self.witness)
        for fault in self.faults:
            m.submodules[fault or "properties"] = properties = Module()
            self._check_answer(properties, now, self._seen(properties, now, fault))
            self._check_requests(properties, now, fault)
            self._check_engine(properties, now, fault)
            self._check_optional(properties, now, fault)
        o = observe(self.dut.o)
        over = o.transfers & o.payload[8]
        if self.witness is not None:
            m.d.comb += [
                Cover(over & now.ok & (now.code == command), f"{command.name} is answered")
                for command in (self.witness, Command.TRACE)
            ]
        else:
            m.d.comb += [
                Cover(over & (now.status == status), f"an answer is {status.name}")
                for status in (Status.UNKNOWN_COMMAND, Status.BAD_LENGTH, Status.NO_INFERENCE)
            ]
        return m

    def _seen(self, m: Module, now: Requests, fault: str) -> Observed:
        """Return the answer as it is seen through a fault."""
        codes = {
            "hello": Command.HELLO, "result": Command.INFER, "trace": Command.TRACE,
            "ran": Command.RUN,
        }
        wrong = {name: now.code == code for name, code in codes.items()}
        return seen_answer(m, self.dut, now, fault=fault, wrong=wrong, between=BETWEEN)

    def _check_answer(self, m: Module, now: Requests, o: Observed) -> None:
        """State what an answer is, and when it comes."""
        check_answer(m, now, o, between=BETWEEN)
        data, last = o.payload[:8], o.payload[8]
        with m.If(o.valid & now.due):
            for command, sentence in PAYLOADS.items():
                owed = byte_of(command, now.place)
                if command == Command.INFER:
                    owed = Array(now.result_bytes)[now.place]
                with m.If((now.head == 2) & (now.code == command)):
                    m.d.comb += Assert(data == owed, sentence)
            for command, (_, size) in now.sizes.items():
                with m.If((now.head == 2) & (now.code == command)):
                    m.d.comb += Assert(last == (now.place == size - 1), LAST)
        self._check_counted(m, now, o)

    def _check_counted(self, m: Module, now: Requests, o: Observed) -> None:
        """State what bytes are answered that may change while they are: as they are offered."""
        offered = Signal()
        m.d.sync += offered.eq(o.valid & ~o.ready)
        place = Cat(Const(0, 3), now.place)
        for command in self.dut.optional & {*now.counted}:
            byte = (now.counted[command] >> place)[:8]
            with m.If(o.valid & ~offered & (now.head == 2) & (now.code == command)):
                m.d.comb += Assert(o.payload[:8] == byte, COUNTED)

    def _check_requests(self, m: Module, now: Requests, fault: str) -> None:
        """State when requests are read."""
        dut = self.dut
        idle = now.idle
        read = dut.i.ready ^ ((now.index == 1) & (fault == "read"))
        with m.If(dut.i.valid):
            # A bitmap of one word leaves before the next byte comes, a word of a map with it.
            waits = dut.o_spikes.valid | now.again
            if dut.words.count > 1:
                loaded = now.loaded + (dut.o_spikes.valid & dut.o_spikes.ready)
                waits = now.whole(loaded) | now.again
            reads = Mux(now.index == 0, idle & ~dut.i_error.valid, ~waits)
            if dut.load:
                reads = Mux((now.index >= 2) & now.stores, dut.o_weights.ready, reads)
            m.d.comb += Assert(read == reads, READ)
        check_idle(m, dut, now, fault=fault)

    def _check_engine(self, m: Module, now: Requests, fault: str) -> None:
        """State what the engine gets, and when its result is taken."""
        dut, o = self.dut, observe(self.dut.o)
        due, word = now.word()
        given = dut.o_spikes.valid ^ ((now.index == 2) & (fault == "given"))
        m.d.comb += Assert(given == due, GIVEN)
        with m.If(dut.o_spikes.valid & due):
            m.d.comb += Assert(dut.o_spikes.payload ^ (fault == "spikes") == word, SPIKES)
        if dut.load:
            stored = dut.o_weights.valid ^ ((now.index == 2) & (fault == "stored"))
            due = now.i.valid & (now.index >= 2) & now.stores
            m.d.comb += Assert(stored == due, STORED)
            with m.If(dut.o_weights.valid):
                byte = dut.o_weights.payload.as_value()
                m.d.comb += Assert(byte == now.i.payload, STORED)
        taken = dut.i_result.ready ^ ((now.head == 1) & (fault == "taken"))
        over = o.transfers & o.payload[8] & now.infer
        m.d.comb += Assert(taken == (over | (now.again & now.result.valid)), TAKEN)

    def _check_optional(self, m: Module, now: Requests, fault: str) -> None:
        """State when inputs have to come again, when a RUN is in work, and when a reset is due."""
        dut = self.dut
        again = dut.o_again ^ (now.runs & (fault == "asks_again"))
        running = dut.running ^ ((now.index == 2) & (fault == "at_work"))
        restart = dut.restart ^ (now.owed & (fault == "resetting"))
        with m.If(now.i.transfers & now.i.payload[8]):
            m.d.comb += Assert(again == now.repeats, AGAIN)
        inferred = dut.o_inferred ^ ((now.index == 1) & (fault == "inferred"))
        told = dut.o_times_valid ^ ((now.index == 1) & (fault == "times"))
        m.d.comb += [
            Assert(inferred == now.over, INFERRED),
            Assert(told == (now.i.valid & now.times), TIMES),
            Assert(~told | (dut.o_times == now.i.payload[:8]), TIMES),
            Assert(running == (now.works & now.runs), RUNNING),
            Assert(restart == now.restarted, RESTART),
        ]
        change = dut.change ^ (now.owed & (fault == "at_another"))
        right = (change == now.changing) & (~change | (dut.o_divisor == now.divisor))
        m.d.comb += Assert(right, CHANGE)


class CommandProcessorFaults(Faults):
    """Faults that are planted in what the properties see of one core."""

    def __init__(
        self,
        dut: CommandProcessor,
        detectors: Mapping[str, tuple[str, ...]],
        *,
        witness: Command | None = None,
    ):
        super().__init__(detectors)
        self.dut = dut
        self.witness = witness

    def elaborate(self, platform) -> Elaboratable:
        return CommandProcessorSpec(self.dut, faults=self.detectors, witness=self.witness)


def processor(
    source: FeatureMap, *, steps: int, load: int = 0, optional: Collection[Command] = OPTIONAL
) -> CommandProcessor:
    """Make the processor of a network of one layer with one output; a map comes in words of 3."""
    network = example_network(
        connections=[Dense(source=source, neurons=1)], steps=steps, weight_bits=2,
        membrane=Format(2, 1),
    )
    hello = Counting(0, Kind.REAL, 0, 0, 0, 0, 0, network.digest())
    return CommandProcessor(
        network=network, hello=hello, words=input_words(network, most=3), load=load,
        optional=optional,
    )


def specs() -> dict[str, Elaboratable]:
    smallest = processor(FeatureMap(channels=1), steps=1)
    loaded = processor(FeatureMap(channels=1), steps=1, load=4, optional=())
    words = FeatureMap(channels=3, width=3)
    return {
        "command_processor_i9_t2": CommandProcessorSpec(
            processor(FeatureMap(channels=9), steps=2)
        ),
        "command_processor_map": CommandProcessorSpec(processor(words, steps=2)),
        "command_processor_small": CommandProcessorSpec(processor(words, steps=2, optional=())),
        "command_processor_i1_t1": CommandProcessorSpec(smallest),
        "command_processor_load": CommandProcessorSpec(loaded),
        "command_processor_witness": CommandProcessorSpec(smallest, witness=Command.INFER),
        "command_processor_run": CommandProcessorSpec(smallest, witness=Command.RUN),
        "command_processor_fault": CommandProcessorFaults(loaded, FAULTS),
        "command_processor_fault_late": CommandProcessorFaults(
            smallest, LATE_FAULTS, witness=Command.INFER
        ),
        "command_processor_fault_run": CommandProcessorFaults(
            smallest, RUN_FAULTS, witness=Command.RUN
        ),
    }
