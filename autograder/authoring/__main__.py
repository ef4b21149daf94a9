"""`python -m autograder.authoring`: the author's commands without the rest of the instructor's."""

from autograder.authoring.commands import app

app()
