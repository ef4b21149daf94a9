"""Grading one submission as a pure function: notebook in, result document out."""
