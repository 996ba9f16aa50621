"""Fixtures of the tests in this folder."""

from c_programs import program

__all__ = ["program"]
