# verdict: crashed
# message: it ended itself with exit code 0 while being imported
import os

os._exit(0)
