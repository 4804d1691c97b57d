"""From numbers to bitstreams, and back."""
