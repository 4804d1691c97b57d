"""Weights that are stored: the loader and its memories, and engines whose weights are loaded."""

from amaranth import Module
from amaranth.hdl import Fragment

from spikewright_hw.engine.event import EventEngine
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.map_stage import MapStage
from spikewright_hw.engine.weight_image import WeightImage, layer_images, weight_images
from spikewright_hw.engine.weight_loader import WeightLoader
from spikewright_hw.engine.weight_memory import WeightMemory
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer

from .simulation import Simulator

SHAPES = ((3, 12), (5, 4), (1, 17))  # rows and bits of each memory


class Forgetful(WeightMemory):
    """A memory whose second row loses its lowest bit."""

    def elaborate(self, platform):
        m = super().elaborate(platform)
        kept = self.data
        self.data = kept ^ (kept[0] & (self.place == 1))
        return m


def bench(frames: list[bytes], rng, *, kind: type[WeightMemory] = WeightMemory):
    """Store what frames say; return the rows of each memory, and after each frame whether kept."""
    memories = [
        kind(WeightImage(rows=(0,) * rows, width=width), weights="loaded")
        for rows, width in SHAPES
    ]
    loader = WeightLoader(memories=memories)
    top = Module()
    for at, one in enumerate(memories):
        top.submodules[f"memory_{at}"] = one
    top.submodules.loader = loader
    found: list[list[int]] = []
    kept: list[int] = []

    async def host(ctx):
        for frame in frames:
            for at, byte in enumerate(frame):
                while rng.random() < 0.2:
                    await ctx.tick()
                ctx.set(loader.i.payload, {"data": byte, "last": at == len(frame) - 1})
                ctx.set(loader.i.valid, 1)
                await ctx.tick().until(loader.i.ready)
                ctx.set(loader.i.valid, 0)
            while not ctx.get(loader.i.ready):
                await ctx.tick()
            kept.append(not ctx.get(loader.not_kept))
        for one in memories:
            ctx.set(one.enable, 1)
            rows = []
            for row in range(one.depth):
                ctx.set(one.address, row)
                await ctx.tick()
                rows.append(ctx.get(one.data))
            found.append(rows)

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(host)
    simulator.run()
    return found, kept


def test_rows_are_stored_where_they_belong(rng):
    frames = [
        bytes([0, 1, 0, 0x34, 0x02, 0x78, 0x06]),  # rows 1 and 2 of the first memory
        bytes([1, 3, 0, 5, 6, 7, 8]),  # rows 3 and 4 of the second, and two that there are not
        bytes([2, 0, 0, 0xAA, 0xBB, 1, 9]),  # the third, and half a row
    ]
    found, kept = bench(frames, rng)
    assert found == [[0, 0x234, 0x678], [0, 0, 0, 5, 6], [0x1BBAA]]
    assert kept == [True] * 3


def test_garbage_is_stored_nowhere(rng):
    frames = [
        bytes([3, 0, 0, *range(1, 9)]), bytes([255, 1, 0, 1]), b"\x00", b"\x01\x00",
        b"\x01\x00\x00", bytes([0, 0, 1, 7, 7]), bytes([0, 1, 0, 5]),
    ]
    found, kept = bench(frames, rng)
    assert found == [[0] * rows for rows, _ in SHAPES]
    assert kept == [True] * len(frames)
    after, _ = bench([*frames, bytes([1, 2, 0, 9])], rng)
    assert after[1] == [0, 0, 9, 0, 0]


def test_a_row_that_is_not_kept_is_told(rng):
    frames = [bytes([0, 0, 0, 1, 1, 0xFF, 1]), bytes([0, 0, 0, 1, 1]), bytes([0, 1, 0, 2, 0])]
    _, kept = bench(frames, rng, kind=Forgetful)
    assert kept == [False, True, True]


def test_an_image_has_the_rows_of_each_bank():
    layer = example_network(
        sizes=(5, 3), steps=1, weight_bits=4, membrane=Format(6, 2)
    ).layers[0]
    first, second = layer_images(layer, banks=2)
    packed = [
        sum((weight & 15) << 4 * at for at, weight in enumerate(row)) for row in layer.weights
    ]
    assert first.rows == (*packed[0::2], 0)
    assert second.rows == (*packed[1::2], 0)
    assert first.width == 12
    assert first.row_bytes == 2


def extreme(layer: Layer, weight: int) -> tuple[tuple[int, ...], ...]:
    return ((weight,) * layer.neurons,) * layer.inputs


def test_memories_and_sums_hold_any_weights():
    network = example_network(
        sizes=(6, 8, 4), steps=2, weight_bits=4, membrane=Format(6, 2), neurons=("alpha", "li")
    )
    engine = EventEngine(network=network, fold=(2, 4), weights="loaded")
    Fragment.get(engine, None)  # elaborated, as anything that is made
    images = weight_images(engine.network, banks=(1, 1))
    assert [(one.depth, one.image.width) for one in engine.memories] == [
        (len(image.rows), image.width) for image in images
    ]
    for stage, layer in zip(engine.stages, network.layers, strict=True):
        assert isinstance(stage, MapStage)
        neurons = stage.neurons
        for name in layer.definition.inputs:
            width = neurons.synapses.total(name).width
            assert width >= (layer.inputs * 7).bit_length() + 1
            for weight in layer.weight_range:
                made = Layer(
                    extreme(layer, weight), layer.weight_bits, layer.neuron, layer.parameters,
                    layer.membrane,
                )
                assert made.sums(name).width <= width
