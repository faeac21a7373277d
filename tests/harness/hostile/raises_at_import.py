# verdict: did not load
# message: ZeroDivisionError: division by zero
1 / 0
