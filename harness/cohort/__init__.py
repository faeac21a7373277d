"""Grading many learners' submissions: intake, a pool, results that survive a kill, pages and tables."""
