"""`python -m autograder` is the command `autograder`."""

from autograder.cli.main import app

app()
