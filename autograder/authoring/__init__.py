"""From the text an author writes to what students get: notebooks, releases, the scan for leaks, answer keys."""
