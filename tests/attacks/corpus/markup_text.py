# Attack: an exception whose text is markup and terminal codes
# Verdict: failed


def scale(x, factor):
    raise ValueError("<script>alert(1)</script>\x1b[2J\u202e[bold]100[/bold]" + "x" * 1_000_000)
