# refused: a link leads out of the folder: other.py
# link: other.py -> @SOLUTION@
"""E51: a link to a file of whoever grades this folder."""

from impls.softmax.other import log_softmax, logsumexp, softmax, softmax_backward
