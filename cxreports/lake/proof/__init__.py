"""What shows that a lake is whole: files as they were written, and a head that is up to its tables."""
