"""The report on a class: how an assignment went, whom to look at, and who wrote alike."""
