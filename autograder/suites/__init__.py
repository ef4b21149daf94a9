"""One folder an assignment, one folder an exercise in it: hidden tests, rules, misconceptions, alternatives."""
