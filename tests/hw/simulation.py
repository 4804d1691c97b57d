"""Amaranth's simulator, with a limit: a core that does not answer fails its test at once."""

from amaranth import sim

__all__ = ["LIMIT_S", "Simulator"]

#: Simulated seconds: 200,000 cycles of the clock of 1 MHz that the tests have.
LIMIT_S = 0.2


class Simulator(sim.Simulator):
    """Amaranth's simulator whose :meth:`run` fails unless the testbenches end in time."""

    def run(self) -> None:
        async def limit(ctx):
            await ctx.delay(LIMIT_S)
            raise AssertionError(f"the testbenches did not end within {LIMIT_S} simulated seconds")

        self.add_testbench(limit, background=True)
        super().run()
