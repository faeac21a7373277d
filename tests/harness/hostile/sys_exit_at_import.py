# verdict: did not load
# message: SystemExit: 0
import sys

sys.exit(0)
