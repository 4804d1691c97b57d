"""Adders of an ECP5 that take no more cells than they have bits.

nextpnr spends two look-up tables on each carry that enters a chain as a constant, and two on each
that leaves a chain and is heard by nobody, in networks a quarter of all. So a chain's first cell
makes its carry itself, and what nobody hears is not connected.
"""

from collections import Counter
from typing import Any

__all__ = ["free_carries", "with_carries"]

#: Yosys' own map has a sum of so few bits in look-up tables, and this one as well.
_FEWEST = 4

#: Each half of a CCU2C is a table S of its four inputs and a table of A and B; its sum is S xor the
#: carry, and the next carry is the carry where S is 1, the other table where it is 0. In the first
#: half S is low where C and D are high, as they are, so that nothing depends on a carry into it: of
#: an odd number of bits it gives the carry into the lowest one, of an even one the carry out of it.
_MAP = rf"""
(* techmap_celltype = "$alu" *)
module carries (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0, B_SIGNED = 0, A_WIDTH = 1, B_WIDTH = 1, Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_CI_ = 0, _TECHMAP_CONSTVAL_CI_ = 0;
  parameter _TECHMAP_CONSTMSK_BI_ = 0, _TECHMAP_CONSTVAL_BI_ = 0;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  input CI, BI;
  (* force_downto *) output [Y_WIDTH-1:0] X, Y, CO;

  wire _TECHMAP_FAIL_ = Y_WIDTH <= {_FEWEST}
    || _TECHMAP_CONSTMSK_CI_ !== 1 || _TECHMAP_CONSTMSK_BI_ !== 1;

  localparam ODD = Y_WIDTH % 2, HALVES = Y_WIDTH + ODD;
  localparam CARRY = _TECHMAP_CONSTVAL_CI_, INVERT = _TECHMAP_CONSTVAL_BI_;
  localparam [15:0] ADD = 16'h96AA;
  localparam [15:0] GIVEN = CARRY ? 16'h000F : 16'h0000;
  localparam [15:0] SUM = CARRY ? 16'h000E : 16'h0008;
  localparam [15:0] DIFFERENCE = CARRY ? 16'h000B : 16'h0002;
  localparam [15:0] FIRST = ODD ? GIVEN : INVERT ? DIFFERENCE : SUM;

  (* force_downto *) wire [Y_WIDTH-1:0] left, right;
  \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) of_a (.A(A), .Y(left));
  \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) of_b (.A(B), .Y(right));
  (* force_downto *) wire [Y_WIDTH-1:0] added = INVERT ? ~right : right;
  (* force_downto *) wire [HALVES-1:0] a = ODD ? {{left, 1'b0}} : left;
  (* force_downto *) wire [HALVES-1:0] b = ODD ? {{right, 1'b0}} : right;
  (* force_downto *) wire [HALVES-1:0] sum, carry;

  genvar at;
  generate for (at = 0; at < HALVES; at = at + 2) begin:pair
    if (at == 0) begin
      CCU2C #(.INIT0(FIRST), .INIT1(ADD), .INJECT1_0("NO"), .INJECT1_1("NO")) first (
        .A0(a[0]), .B0(b[0]), .C0(1'b1), .D0(1'b1), .S0(),
        .A1(a[1]), .B1(b[1]), .C1(BI), .D1(1'b1), .S1(sum[1]), .COUT(carry[1])
      );
      assign sum[0] = a[0] ^ added[0] ^ CI;
      assign carry[0] = ODD ? CI : a[0] & added[0] | CI & (a[0] | added[0]);
    end else begin
      CCU2C #(.INIT0(ADD), .INIT1(ADD), .INJECT1_0("NO"), .INJECT1_1("NO")) next (
        .CIN(carry[at-1]),
        .A0(a[at]), .B0(b[at]), .C0(BI), .D0(1'b1), .S0(sum[at]),
        .A1(a[at+1]), .B1(b[at+1]), .C1(BI), .D1(1'b1), .S1(sum[at+1]), .COUT(carry[at+1])
      );
      assign carry[at] = a[at] & added[at-ODD] | carry[at-1] & (a[at] | added[at-ODD]);
    end
  end endgenerate

  assign Y = ODD ? sum[HALVES-1:1] : sum;
  assign CO = ODD ? carry[HALVES-1:1] : carry;
  assign X = left ^ added;
endmodule
"""


def with_carries(synthesis: str) -> str:
    """Return a Yosys command for an ECP5 with the map of adders in it: several commands."""
    return "\n".join((
        "design -push", "read_verilog -icells <<END", _MAP.strip(), "END",
        "design -stash carries", "design -pop",
        f"{synthesis} -run :map_gates", "techmap -map %carries", f"{synthesis} -run map_gates:",
    ))


def free_carries(netlist: dict[str, Any]) -> None:
    """Disconnect carries of a netlist that nobody hears, or that a first cell does not depend on.

    ``netlist`` is what Yosys' JSON has; it is changed.
    """
    for module in netlist["modules"].values():
        chained = [cell for cell in module["cells"].values() if cell["type"] == "CCU2C"]
        heard = Counter(
            bit for cell in module["cells"].values()
            for bits in cell["connections"].values() for bit in bits
        )
        heard.update(bit for port in module["ports"].values() for bit in port["bits"])
        for cell in chained:
            wires = cell["connections"]
            if heard[wires["COUT"][0]] == 1:
                wires["COUT"] = ["x"]
            # Yosys has joined what is left open to a constant.
            alone = wires["C0"] == wires["D0"] == ["1"]
            heard_sum = any(heard[bit] > 1 for bit in wires.get("S0", ()))  # which hears the carry
            if alone and not heard_sum and cell["parameters"]["INIT0"].startswith("0000"):
                wires["CIN"] = ["x"]
