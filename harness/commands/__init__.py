"""Commands of `harness` beside `run`, a file for each group. They import click alone until they run."""
