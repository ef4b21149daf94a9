"""This grader beside its peers, on a course made for timing."""
