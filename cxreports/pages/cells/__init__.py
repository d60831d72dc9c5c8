"""Cells: the Python that gives the very figures of a page, to copy one by one or as a notebook."""
