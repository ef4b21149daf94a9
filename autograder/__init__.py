"""The instructor's side: jail, hidden tests, grading, reports. Students never get this package."""

import sys

# jsonschema, which nbformat imports, checks URIs with a grammar that takes 2.6 seconds of CPU to build. The schema of
# notebooks has no URI in it, and jsonschema does without where the package is missing.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
