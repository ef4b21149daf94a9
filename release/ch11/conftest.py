"""Gives the public tests `student`, your notebook beside this file, and `rng`, their random inputs."""

from selfcheck.fixtures import *  # noqa: F403
