"""Draws many seedings with one generator, so that the judge can test the law they follow."""

import importlib


def kmeanspp(answer, x, k, rng, draws):
    """(draws, k, d): the centres of each seeding, in the order in which they were drawn."""
    xp = importlib.import_module(type(x).__module__.partition(".")[0])  # numpy, torch or cupy
    return xp.stack([answer.kmeanspp(x, k, rng) for _ in range(draws)])
