"""nbgrader's configuration for this course: grade in the jail, record in gradebook.db."""

import sys
from pathlib import Path

try:
    from autograder.gradebook import configure

    configure(get_config(), root=Path(__file__).parent)  # noqa: F821 -- nbgrader provides get_config
except Exception as error:
    # nbgrader logs a configuration that fails and goes on with its defaults, which run student code without a jail.
    sys.exit(
        f"nbgrader is not started, because it would grade without the jail: {type(error).__name__}: {error}"
    )
