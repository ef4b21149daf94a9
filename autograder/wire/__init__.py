"""The boundary between grader and student process: frames, values, an autograd-transparent peer.

The same code runs on both sides; only the grader's side treats what it receives as hostile. Nothing is ever
unpickled, evaluated, or asked for its text. Imports nothing of the project but itself, because a copy of it is
staged into the jail.
"""
