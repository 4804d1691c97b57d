"""Compare settings over a grid or at random: accuracy against cycles and size, resumably."""
