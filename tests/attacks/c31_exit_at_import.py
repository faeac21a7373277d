# verdict: crashed or did not load
# words: exit code 0
"""C31: the same before anything is asked."""

import atexit
import os

atexit.register(print, '{"verdict": "passed"}')
os._exit(0)
