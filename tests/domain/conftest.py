"""Property tests take their examples in a fixed order: a run proves the same thing every time."""

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")
