"""LAPACK through scipy, and ARPACK's largest pair for the power iteration."""

from scipy import linalg


def eigh(a):
    return linalg.eigh(a)
