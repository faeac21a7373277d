# verdict: failed
# case: softmax/matrix: it raised KeyError: 'temperature'
# case: softmax/weights are in the ratio of the exponentials: it raised KeyError: 'temperature'
def softmax(x, axis=-1, temperature=1.0):
    return {}["temperature"]
