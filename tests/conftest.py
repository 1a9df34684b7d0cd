"""Fixtures that tests of every kind share, and when their processes look for garbage."""

import gc

import pytest
from tests.stores import store

__all__ = ["store"]

gc.disable()
"""Until all tests are collected: none of them is garbage, and to look takes half of that time."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What there is by now stays to the end, and is not looked through any more."""
    gc.freeze()
    gc.enable()
