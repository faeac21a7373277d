# verdict: failed
# words: the symbolic link
# link: other.py -> @SOLUTION@
# expected failure: a file beside the answer may be a symbolic link, and is read with the rights of who grades it; a cohort's intake refuses it
# today: passed
"""E51: a link to a file of whoever grades this folder."""

from impls.softmax.other import log_softmax, logsumexp, softmax, softmax_backward
