"""The kernels behind the pages: a process each, their pool, and a browser's way to its own."""
