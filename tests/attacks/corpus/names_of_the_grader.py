# Attack: answer with an exception that says it comes from the grader itself
# Verdict: failed


def scale(x, factor):
    for name in ("GraderFault", "JailUnavailable", "CourseError", "PeerGone"):
        error = type(name, (Exception,), {"__module__": "autograder.grading.session"})
        raise error("the grader failed here, not your code")
