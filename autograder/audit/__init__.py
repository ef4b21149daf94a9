"""An assignment's quality gate: is every right solution right, every wrong one wrong, and named for what it is?"""
