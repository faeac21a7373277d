"""Trains, and only then gets hidden pictures: a generator, so that these do not exist while train runs."""


def simple_cnn(answer, x, y, seed, epochs):
    """Yield None when trained, then what is asked for: labels, filters or feature maps."""
    model = answer.train(x=x, y=y, seed=seed, epochs=epochs)
    reply = None
    while True:
        later = yield reply
        if later["ask"] == "filters":
            reply = tuple(answer.filters(model=model))
        else:
            give = answer.predict if later["ask"] == "labels" else answer.feature_maps
            reply = give(model=model, x=later["x"])
