"""Networks from and to elsewhere: frameworks of PyTorch, and NIR."""
