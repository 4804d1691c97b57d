"""From a component to Verilog, netlist, bitstream and figures of size and speed."""
