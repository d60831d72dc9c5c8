"""What cxreports' own notebooks show: figures, graphs, tables and sentences of a period, as blocks."""
