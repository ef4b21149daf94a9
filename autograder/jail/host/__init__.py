"""The grader's side of the jail: what a jailed process may see, how it is started, and the proof that it
holds."""
