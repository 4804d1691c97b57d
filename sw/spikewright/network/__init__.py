"""Networks in PyTorch: cells, training, quantisation in the loop."""
