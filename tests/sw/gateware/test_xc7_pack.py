"""Packing an Artix-7 bitstream: by a small data base, and by that of Project X-Ray where it is."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from spikewright import tool_search, tools
from spikewright.gateware.bitstream import build_bitstream
from spikewright.gateware.xc7_pack import WORDS, Database, assemble, features
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

PART = "xc7a35tcsg324-1"


def tile(kind, *, first=0, address=0x100, block="CLB_IO_CLK", **more):
    bits = {"baseaddr": f"0x{address:08X}", "frames": 42, "offset": first, "words": 2, **more}
    return {"type": kind, "bits": {block: bits}}


@pytest.fixture
def database(tmp_path):
    (tmp_path / "mapping").mkdir()
    (tmp_path / "mapping" / "devices.yaml").write_text('"xc7a35t":\n  fabric: "xc7a50t"\n')
    (tmp_path / "xc7a50t").mkdir()
    (tmp_path / "xc7a50t" / "tilegrid.json").write_text(json.dumps({
        "CLB_X1Y1": tile("CLB", first=51),
        "RAM_X1Y1": tile("RAM", block="BLOCK_RAM", address=0x800000),
        "RIOB33_SING_X1Y0": tile(
            "RIOB33_SING", address=0x200,
            alias={"type": "RIOB33", "start_offset": 2, "sites": {"IOB33_Y0": "IOB33_Y1"}},
        ),
    }))
    (tmp_path / "segbits_clb.db").write_text(
        "CLB.A.INIT[00] 01_00\nCLB.A.INIT[01] 01_33\nCLB.A.INIT[02] !01_33 02_05\n"
        "CLB.A.NOCLKINV !01_34\n"
    )
    (tmp_path / "ppips_clb.db").write_text("CLB.IN.OUT always\n")
    (tmp_path / "segbits_ram.block_ram.db").write_text("RAM.INIT_00[007] 03_04\n")
    (tmp_path / "segbits_riob33.db").write_text(
        "RIOB33.IOB_Y1.SLOW 38_65\nRIOB33.IOB_Y1.FAST 38_01\n"
    )
    return Database(tmp_path, PART)


def set_bits(frames):
    return {
        (address, place, bit)
        for address, words in frames.items() for place, word in enumerate(words)
        for bit in range(32) if word >> bit & 1
    }


@pytest.mark.parametrize(("text", "found"), [
    ("A.B", ["A.B"]),
    ("A.B = 1 # why\n\n# nothing", ["A.B"]),
    ("A.B = 1'b0\nA.C[7] = 1'b0", []),
    ("A.B[3]", ["A.B[3]"]),
    ("A.B[7:4] = 4'b1001", ["A.B[4]", "A.B[7]"]),
    ("A.B[67:64] = 4'hc", ["A.B[66]", "A.B[67]"]),
    ("A.B[1:0] = 2", ["A.B[1]"]),
])
def test_a_feature_of_each_bit_that_is_set(text, found):
    assert [*features(text)] == found


@pytest.mark.parametrize("text", ["A B", "A.B = ", "A.B[3 = 1"])
def test_what_is_no_feature(text):
    with pytest.raises(ValueError, match=rf"^{re.escape(repr(text.strip()))} is no feature"):
        list(features(text))


def test_bits_are_where_the_tile_is(database):
    text = "CLB_X1Y1.A.INIT[1:0] = 2'b11\nCLB_X1Y1.IN.OUT\nCLB_X1Y1.A.NOCLKINV"
    frames = assemble(text, database)
    assert set_bits(frames) == {(0x101, 51, 0), (0x101, 52, 1)}
    assert {len(words) for words in frames.values()} == {WORDS}
    assert set_bits(assemble("RAM_X1Y1.INIT_00[7]", database)) == {(0x800003, 0, 4)}


def test_half_a_tile_at_the_edge_has_the_features_of_a_whole_one(database):
    assert set_bits(assemble("RIOB33_SING_X1Y0.IOB_Y0.SLOW", database)) == {(0x226, 0, 1)}


@pytest.mark.parametrize(("text", "said"), [
    ("CLB_X9Y9.A.NOCLKINV", f"{PART} has no tile CLB_X9Y9"),
    ("RIOB33_SING_X1Y0.IOB_Y1.FAST",
     "RIOB33_SING_X1Y0, half a RIOB33, has not the half of IOB_Y1.FAST"),
    ("CLB_X1Y1.B", "the data base has no feature B of CLB (CLB_X1Y1)"),
    ("CLB_X1Y1.A.INIT[2:0] = 3'b110",
     "CLB_X1Y1.A.INIT[2] wants a bit otherwise than another feature does"),
])
def test_what_cannot_be_packed_is_named(database, text, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        assemble(text, database)


def test_a_device_that_the_data_base_has_not(database):
    with pytest.raises(ValueError, match=r"has no device xc7a200t$"):
        assemble("CLB_X1Y1.B", Database(database.folder, "xc7a200tsbg484-1"))


def test_tools_are_found_where_the_script_puts_them(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    assert tools.find("nextpnr-himbaechel-xilinx") is None and tools.find("xc7_pack") is None
    folder = tmp_path / "artix7"
    (folder / "bin").mkdir(parents=True)
    (folder / "usr" / "share" / "prjxray" / "database" / "artix7").mkdir(parents=True)
    for name in ("nextpnr-himbaechel-xilinx", "xc7frames2bit"):
        (folder / "bin" / name).write_text("#!/bin/sh\necho Version 0.11.1\n")
        (folder / "bin" / name).chmod(0o755)
    placer, packer = tools.find("nextpnr-himbaechel-xilinx"), tools.find("xc7_pack")
    assert placer is not None and placer.version == "0.11.1"
    assert packer is not None and packer.command[-2:] == (
        str(folder / "usr" / "share" / "prjxray" / "database" / "artix7"),
        str(folder / "bin" / "xc7frames2bit"),
    )


#: Of the tools themselves, where they are.
PACKER = tool_search.xc7_pack("xc7_pack")
of_the_tools = pytest.mark.skipif(
    PACKER is None, reason="of the tools of boards/artix7_tools.sh alone, which are not installed"
)


def bits_of_file(path, folder):
    """Return the bits that are set in a bitstream, as bitread of Project X-Ray finds them."""
    assert PACKER is not None
    *_, database, program = PACKER.command
    listed = folder / "bits"
    subprocess.run(
        [program.replace("xc7frames2bit", "bitread"), "--part_file",
         f"{database}/{PART}/part.yaml", "-o", str(listed), "-z", "-y", str(path)],
        check=True, capture_output=True,
    )
    found = re.findall(r"bit_(\w{8})_(\d+)_(\d+)", listed.read_text())
    return {(int(frame, 16), int(word), int(bit)) for frame, word, bit in found}


@pytest.mark.slow
@of_the_tools
def test_a_bitstream_of_artix_7(tmp_path):
    network = example_network(sizes=(4, 3, 2), steps=2, weight_bits=3, membrane=Format(6, 2))
    built = build_bitstream(network, board="arty-a7-35", build=tmp_path)
    content = built.path.read_bytes()
    assert PART.encode() in content[:200] and b"\xaa\x99\x55\x66" in content[:400]
    assert b"1970/01/01" in content[:200]  # the same features give the same file
    assert 80 <= built.fmax_mhz < 500
    assert built.available == {"lut": 20800, "ff": 41600, "bram": 100, "dsp": 90}
    assert PACKER is not None
    (placed,) = (tmp_path / "cache" / "placement").glob("*/design.config")
    frames = assemble(placed.read_text(), Database(Path(PACKER.command[-2]), PART))
    assert bits_of_file(built.path, tmp_path) == set_bits(frames)


@pytest.mark.slow
@of_the_tools
def test_all_bits_of_a_bitstream_by_vivado_are_of_features(tmp_path):
    assert PACKER is not None
    database = Database(Path(PACKER.command[-2]), PART)
    there = bits_of_file(database.folder / "harness" / "arty-a7" / "swbut" / "design.bit", tmp_path)
    told = [feature for tile in database.tiles for feature in whole(tile, database, there)]
    assert len(told) > 400 and any("_SING_" in one for one in told)
    assert set_bits(assemble("\n".join(told), database)) == there


def whole(tile, database, there):
    """Yield the features of a tile whose bits are all as they would make them, one of them set."""
    blocks = database.tiles[tile]["bits"].values()
    if not any(
        0 <= frame - int(block["baseaddr"], 16) < block["frames"]
        and 0 <= word - block["offset"] < block["words"]
        for block in blocks for frame, word, _ in there
    ):
        return
    kind = database.tiles[tile]["type"]
    for name in database._kind(re.sub(r"_SING$|_(BOT|TOP)_UTURN$", "", kind)):
        try:
            bits = [*database.bits_of(f"{tile}.{name}")]
        except ValueError:  # of the other half
            continue
        if any(value for *_, value in bits) and all(
            (tuple(where) in there) == value for *where, value in bits
        ):
            yield f"{tile}.{name}"
