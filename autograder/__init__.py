"""The instructor's side: jail, hidden tests, grading, reports. Students never get this package."""
