"""The hidden suite here is run by the grader over each attack, not by this test session."""

collect_ignore = ["suite", "corpus", "ruled", "forgeries"]
