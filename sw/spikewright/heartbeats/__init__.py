"""Heartbeats in five classes, or normal ones against all others: MIT-BIH on a small FPGA."""
