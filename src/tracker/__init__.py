"""The learner's side of Scratchmark: roadmap, journal, reports as data, pages. Knows neither numpy nor harness."""

__version__ = "0.1.0"
