"""A harness that puts a core of any number of ports on two pins, to place it alone."""

from amaranth import Cat, Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Harness"]

_FOLD = 4  # inputs of a look-up table: one level of logic between registers


class Harness(wiring.Component):
    """Feeds all inputs of a core from a shift register and folds its outputs into one bit.

    Every path into and out of the core is from register to register: the inputs come straight from
    the shift register; the outputs are registered, then combined by exclusive or in pipelined steps
    of one look-up table. So the highest clock frequency of the whole is that of the core, unless
    the core is faster than a single look-up table between two registers.

    Parameters
    ----------
    core : Component
        The core.
    lean : bool
        Fold the outputs once before they are registered: a quarter of the registers, and a look-up
        table more after the core, for a core that nearly fills a part.

    Members
    -------
    i : In(1)
        Shifted in.
    o : Out(1)
        Exclusive or of the outputs, some cycles late.
    """

    i: Signal
    o: Signal

    def __init__(self, core: wiring.Component, *, lean: bool = False):
        self.core = core
        self.lean = lean
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform) -> Module:
        """Wrap the core."""
        m = Module()
        m.submodules.core = self.core  # pyright: ignore[reportArgumentType]  # the stub's gap
        inputs: list[Value] = []
        outputs: list[Value] = []
        for _, member, port in self.core.signature.flatten(self.core):
            value = Value.cast(port)
            if not isinstance(value, Const):  # a stream that is always valid or always ready
                (inputs if member.flow is In else outputs).append(value)

        shift = Signal(len(Cat(inputs)))
        m.d.sync += shift.eq(Cat(self.i, shift))
        m.d.comb += Cat(inputs).eq(shift)

        given = Cat(outputs)
        if self.lean:
            given = Cat(given[at : at + _FOLD].xor() for at in range(0, len(given), _FOLD))
        stage = Signal(len(given))
        m.d.sync += stage.eq(given)
        while len(stage) > 1:
            groups = [stage[at : at + _FOLD] for at in range(0, len(stage), _FOLD)]
            folded = Signal(len(groups))
            m.d.sync += folded.eq(Cat(group.xor() for group in groups))
            stage = folded
        m.d.comb += self.o.eq(stage)
        return m
