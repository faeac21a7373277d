# verdict: passed
# base: reference
# note: close to the shipped solution
"""E62: the shipped solution, with a comment of one's own. It passes, and the report says what it is close to."""
