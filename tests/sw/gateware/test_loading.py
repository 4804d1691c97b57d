"""A bitstream on its way into a board: a programmer is played."""

import pytest

from spikewright.cli.words import as_options
from spikewright.errors import DeviceError, ToolError
from spikewright.gateware.board import BOARDS
from spikewright.gateware.loading import check_loading, load

#: Stands for a programmer: writes down how it was called, and says what it found.
PROGRAM = """\
#!/bin/sh
echo "$@" >>{calls}
case "$*" in
    *--Version*) echo "openFPGALoader v0.12.1" ;;
    *--detect*|-t) printf '{found}' ;;
    *) exit {status} ;;
esac
"""

ECP5_85F = "index 0:\\n\\tidcode   0x41113043\\n\\tmanufacturer lattice\\n"
ECP5_25F = ECP5_85F.replace("0x41113043", "0x41111043")


@pytest.fixture
def programmer(tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    calls.write_text("")

    def played(name="openFPGALoader", found=ECP5_25F, status=0):
        path = tmp_path / name
        path.write_text(PROGRAM.format(calls=calls, found=found, status=status))
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return lambda: [line for line in calls.read_text().splitlines() if line != "--Version"]

    return played


def test_the_device_is_asked_before_it_is_loaded(programmer, tmp_path):
    called = programmer()
    load(tmp_path / "design.bit", board=BOARDS["ulx3s"], build=tmp_path)
    load(tmp_path / "design.bit", board=BOARDS["ulx3s"], way="flash", build=tmp_path)
    assert called() == [
        "-b ulx3s --detect", f"-b ulx3s {tmp_path}/design.bit",
        "-b ulx3s --detect", f"-b ulx3s -f {tmp_path}/design.bit",
    ]


def test_another_programmer_is_taken_where_the_first_is_not_there(programmer, tmp_path):
    board = BOARDS["ecpix5"]
    called = programmer("ecpprog", found="IDCODE: 0x81113043 (LFE5UM5G-85)\\n")
    load(tmp_path / "design.bit", board=board, build=tmp_path)
    load(tmp_path / "design.bit", board=board, way="flash", build=tmp_path)
    file = f"{tmp_path}/design.bit"
    assert called() == ["-t", f"-S {file}", "-t", file]
    programmer("ecpprog", found=ECP5_25F)
    with pytest.raises(DeviceError, match=r"^the device on the programming cable is ECP5 LFE5U-2"):
        load(tmp_path / "design.bit", board=board, build=tmp_path)
    called = programmer(found=ECP5_85F.replace("0x4", "0x8"))
    load(tmp_path / "design.bit", board=board, build=tmp_path)
    assert called()[-1] == f"-b ecpix5 {file}"


def test_another_device_is_not_loaded(programmer, tmp_path):
    called = programmer(found=ECP5_85F)
    with pytest.raises(DeviceError) as caught:
        load(tmp_path / "design.bit", board=BOARDS["ulx3s"], build=tmp_path)
    assert str(caught.value) == (
        "the device on the programming cable is ECP5 LFE5U-85F, not the ECP5 LFE5U-25F of ULX3S, "
        "and was not loaded; is it board='ulx3s-85f'?"
    )
    assert "is it --board ulx3s-85f?" in as_options(str(caught.value), {"board": "--board"})
    assert called() == ["-b ulx3s --detect"]
    programmer(found="idcode 0x12345678")
    with pytest.raises(DeviceError, match="cable is an unknown device, 0x12345678, not the ECP5"):
        load(tmp_path / "design.bit", board=BOARDS["ulx3s"], build=tmp_path)


@pytest.mark.parametrize("found", ["0x362d093", "0x0362d093", "0x1362d093"])
def test_any_version_of_a_device_will_do(found, programmer, tmp_path):
    called = programmer(found=f"idcode {found}")
    load(tmp_path / "design.bit", board=BOARDS["arty-a7-35"], build=tmp_path)
    assert called()[-1] == f"-b arty_a7_35t {tmp_path}/design.bit"


def test_no_device(programmer, tmp_path):
    programmer(found="JTAG init failed")
    with pytest.raises(DeviceError, match=r"^no device answers on the programming cable of"):
        load(tmp_path / "design.bit", board=BOARDS["ulx3s"], build=tmp_path)


def test_a_programmer_that_fails(programmer, tmp_path):
    programmer("iceprog", status=3)
    with pytest.raises(DeviceError, match=r"^iCEBreaker was not loaded: iceprog failed: "):
        load(tmp_path / "design.bin", board=BOARDS["icebreaker"], way="flash", build=tmp_path)


def test_a_missing_programmer_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"^openFPGALoader was not found; without it, no ECP5, "):
        check_loading(BOARDS["ulx3s"], "load")
    with pytest.raises(ToolError, match=r"^iceprog was not found; without it, no iCE40 board can"):
        check_loading(BOARDS["icebreaker"], "flash")


def test_a_board_that_is_loaded_by_way_of_its_flash_alone():
    with pytest.raises(DeviceError) as caught:
        check_loading(BOARDS["icebreaker"], "load")
    assert str(caught.value) == (
        "iCEBreaker is loaded by way of its flash memory alone; use load='flash'"
    )
    assert as_options(str(caught.value), {}).endswith("; use --flash")
