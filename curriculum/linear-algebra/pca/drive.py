"""Fits a PCA and asks it one thing; the components come along, since the signs of all else depend on them."""


def fit(answer, x, k, before=None):
    model = fitted(answer, x, k, before)
    return model.components_, model.explained_variance_


def transform(answer, x, k, new, before=None):
    model = fitted(answer, x, k, before)
    return model.components_, model.transform(new)


def inverse_transform(answer, x, k, z, before=None):
    model = fitted(answer, x, k, before)
    return model.components_, model.inverse_transform(z)


def fitted(answer, x, k, before):
    """before: other data that the same object is fitted to first."""
    model = answer.PCA(k)
    if before is not None:
        model.fit(before)
    model.fit(x)
    return model
