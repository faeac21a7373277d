# verdict: used a banned call
# words: softmax.py line
"""A1: hand the work to a library under another name. The first net, the syntax tree, resolves aliases."""

from scipy import special as kernels

softmax = kernels.softmax
