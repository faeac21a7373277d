"""Fits a classifier and asks it about new rows. The training arrays are overwritten in between: fit keeps what it needs."""


def GaussianNB(answer, x, y, new, ask="log_proba", **options):  # noqa: N802 - drive functions are named as their part
    return asked(answer.GaussianNB(**options), x, y, new, ask)


def MultinomialNB(answer, x, y, new, ask="log_proba", **options):  # noqa: N802
    return asked(answer.MultinomialNB(**options), x, y, new, ask)


def asked(model, x, y, new, ask):
    rows, labels = x + 0, y + 0
    model.fit(rows, labels)
    rows[...], labels[...] = -1, -1
    return model.predict(new) if ask == "labels" else model.predict_log_proba(new)
