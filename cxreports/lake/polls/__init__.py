"""What the switches said of the calls under way: a table beside the calls."""
