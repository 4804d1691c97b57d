"""What is proved of the estimator."""

from amaranth import Const, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import Observed, anything, drive, held, observe, stall
from spikewright_hw.stochastic.number.estimator import Estimator, boundary

COUNT = "the count is that of the ones of the run"
USED = "used is the number of bits of the run"
LENGTH = "no run uses more bits than its length"
TAKEN = "a bit is taken unless a result waits or the run is cleared"
SURE = "a run is over as soon as the answer is sure"
OVER = "a run is over at the line or at its length"
DECISION = "the decision is that of all bits, whatever comes later"


class EstimatorSpec(Elaboratable):
    """A run is over exactly when its rule says so, and its result is that of the bits taken.

    Beside the core, the ones and zeros of the run are counted as they are taken. A planted fault is
    a result with a wrong count, number of bits or decision, or that changes or is withdrawn while
    it stalls; a run that does not end; or a core that is always ready.
    """

    def __init__(
        self,
        *,
        length: int,
        threshold: int | None = None,
        confidence: float | None = None,
        fault: str = "",
    ):
        self.length = length
        self.threshold = threshold
        self.confidence = confidence
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Estimator(
            length=self.length, threshold=self.threshold, confidence=self.confidence
        )
        m.d.comb += dut.clear.eq(anything(1))
        i = drive(m, dut.i)
        stall(m, dut.o)
        result = dut.o.payload
        count, used = result.count ^ (self.fault == "count"), result.used ^ (self.fault == "used")
        decision = result.decision ^ (self.fault == "decision")
        o, offers = observe(dut.o), observe(dut.o)
        plant(m, offers, self.fault)
        if self.fault == "never":
            o.valid = Const(0)
        if self.fault == "ready":
            i.ready = Const(1)
        held(m, offers, name="result")

        ones, zeros = Signal(range(self.length + 2)), Signal(range(self.length + 2))
        over = o.transfers | (dut.clear & ~o.valid)
        with m.If(over):
            m.d.sync += [ones.eq(i.transfers & i.payload), zeros.eq(i.transfers & ~i.payload)]
        with m.Elif(i.transfers):
            m.d.sync += [ones.eq(ones + i.payload), zeros.eq(zeros + ~i.payload)]

        m.d.comb += [
            Assert(count == ones, COUNT),
            Assert(used == ones + zeros, USED),
            Assert(ones + zeros <= self.length, LENGTH),
            Assert(
                i.ready == (~dut.clear & (~o.valid | o.ready)),
                TAKEN,
            ),
        ]
        self._rule(m, ones, zeros, o, decision)
        m.d.comb += [
            Cover(o.transfers & (result.used == self.length), "a run takes all bits"),
            Cover(o.transfers & i.transfers, "a bit of the next run comes with a result"),
            Cover(dut.clear & ~o.valid & (result.used > 1), "a run is given up"),
            Cover(dut.clear & o.valid & ~o.ready, "a result waits while the core is cleared"),
        ]
        return m

    def _rule(self, m: Module, ones: Signal, zeros: Signal, o: Observed, decision: Value) -> None:
        used = ones + zeros
        all_used = used == self.length
        if self.threshold is not None:
            missing = self.length - used  # bits that would still come
            later = Signal(range(self.length + 1))  # ones among them: any number
            m.d.comb += later.eq(anything(later.shape()))
            reached = ones >= self.threshold
            sure = reached | (ones + missing < self.threshold)
            m.d.comb += [
                Assert(o.valid == sure, SURE),
                Cover(o.valid & decision & ~all_used, "a threshold is reached early"),
                Cover(o.valid & ~decision & ~all_used, "a threshold is given up early"),
            ]
            with m.If(o.valid & (later <= missing)):
                m.d.comb += Assert(
                    decision == (ones + later >= self.threshold),
                    DECISION,
                )
            return
        over = all_used
        if self.confidence is not None:
            line = boundary(length=self.length, confidence=self.confidence)
            bound = line.intercept + used // 2**line.shift
            over = over | (ones >= zeros + bound) | (zeros >= ones + bound)
            m.d.comb += [
                Cover(o.valid & decision & ~all_used, "more ones are sure early"),
                Cover(o.valid & ~decision & ~all_used, "more zeros are sure early"),
            ]
        m.d.comb += Assert(o.valid == over, OVER)
        with m.If(o.valid):
            m.d.comb += Assert(decision == (ones >= zeros), "the decision is that of the majority")


def planted(fault: str) -> EstimatorSpec:
    if fault.startswith("majority_"):
        return EstimatorSpec(length=6, fault=fault.removeprefix("majority_"))
    return EstimatorSpec(length=6, threshold=3, fault=fault)


def specs() -> dict[str, Elaboratable]:
    return {
        "estimator_n6": EstimatorSpec(length=6),
        "estimator_n256": EstimatorSpec(length=256),
        "estimator_threshold_n6": EstimatorSpec(length=6, threshold=3),
        "estimator_threshold_n256": EstimatorSpec(length=256, threshold=100),
        "estimator_confidence_n8": EstimatorSpec(length=8, confidence=0.75),
        "estimator_confidence_n256": EstimatorSpec(length=256, confidence=0.99),
        "estimator_fault": Planted.each(
            planted,
            {
                "count": (COUNT,),
                "used": (USED,),
                "decision": (DECISION,),
                "unsteady": ("result: a payload is held while it stalls",),
                "withdrawn": ("result: an offer is not withdrawn while it stalls",),
                "never": (COUNT, USED, LENGTH, TAKEN, SURE),
                "ready": (COUNT, USED, LENGTH, TAKEN, SURE, DECISION),
                "majority_decision": ("the decision is that of the majority",),
                "majority_never": (COUNT, USED, LENGTH, TAKEN, OVER),
            },
        ),
    }
