"""Grading one submission as a pure function: notebook in, result document out; and doing so for a class."""
