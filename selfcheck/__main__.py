"""`python -m selfcheck` is the command `selfcheck`, where that is not on the path."""

from selfcheck.cli import app

app(prog_name="selfcheck")
