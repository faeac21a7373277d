"""The commands of `tracker`, a module for each group of them: words to values, one call, values to words."""
