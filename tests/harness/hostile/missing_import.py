# verdict: did not load
# message: ModuleNotFoundError: No module named 'numpi'
import numpi as np
