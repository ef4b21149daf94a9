"""Grading a class: the pool of jailed workers, the result store, and the order in which both are used."""
