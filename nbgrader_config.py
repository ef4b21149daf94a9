"""nbgrader's configuration of this course; nbgrader runs this file with `get_config` in its globals."""

from __future__ import annotations

from traitlets.config import Config, get_config

c: Config = get_config()
c.CourseDirectory.course_id = "deep-learning"
