# verdict: out of memory
# message: more memory than it may have (2048 MB)
hoard = bytearray(50 * 2**30)
