"""One module an assignment, of its name, with `the_class()`: who is in the class that hands it in."""
