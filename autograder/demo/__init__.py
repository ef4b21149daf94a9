"""The demo: invented classes hand in the assignments, and every grade is held against the expected one."""
