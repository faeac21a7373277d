# verdict: passed
# base: reference
# timing: honest
"""A control: the shipped reference, and nothing else."""
