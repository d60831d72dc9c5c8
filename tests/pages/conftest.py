"""Lets the tests of pages share their lake."""
