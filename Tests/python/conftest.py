"""Fixtures of the tests in this folder."""

from c_programs import backend, program

__all__ = ["backend", "program"]
