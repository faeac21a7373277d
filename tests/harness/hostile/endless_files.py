# verdict: crashed
# message: it wrote more than 64 MB of files while running softmax and was stopped
import time


def softmax(x, axis=-1, temperature=1.0):
    for number in range(12):
        with open(f"{number}.bin", "wb") as file:
            file.write(bytes(8 * 2**20))
    time.sleep(60)
