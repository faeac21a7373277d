# verdict: timed out
# message: being imported took longer than 1 s and was stopped
# limits: 1 s
while True:
    pass
