"""Are the verifications of pca right? They accept scikit-learn and the SVD on every case, and refuse near misses."""

from pathlib import Path

import numpy as np
import pytest

from harness.calls import cast, for_oracle
from harness.catalog import Shipped
from harness.check import Broken, Checks

EXERCISE = Shipped("pca", Path(__file__).parents[2] / "curriculum" / "linear-algebra" / "pca").exercise
FIT, TRANSFORM, INVERSE = (EXERCISE.part(name) for name in ("fit", "transform", "inverse_transform"))


def drawn(part, case, dtype="float64", seed=0):
    return cast(part.inputs(np.random.default_rng(seed), **case.params), dtype)


def by_sklearn(x, k):
    decomposition = pytest.importorskip("sklearn.decomposition")
    return decomposition.PCA(n_components=k, svd_solver="full").fit(x)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_all_parts_accept_sklearn(dtype):
    for part in (FIT, TRANSFORM, INVERSE):
        for case in part.cases:
            if case.name == "no samples":  # which scikit-learn refuses
                continue
            inputs = drawn(part, case, dtype)
            model = by_sklearn(inputs["x"], inputs["k"])
            if part is FIT:
                outputs = model.components_, model.explained_variance_
            elif part is TRANSFORM:
                outputs = model.components_, model.transform(inputs["new"])
            else:
                outputs = model.components_, model.inverse_transform(inputs["z"])
            part.verify(for_oracle(inputs), outputs, Checks(dtype))


def test_digits_are_accepted_as_sklearn_decomposes_them():
    datasets = pytest.importorskip("sklearn.datasets")
    x = datasets.load_digits().data
    model = by_sklearn(x, 10)
    FIT.verify({"x": x, "k": 10}, (model.components_, model.explained_variance_), Checks("float64"))


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("divides by n", lambda c, v, n: (c, v * (n - 1) / n)),
        ("standard deviations", lambda c, v, n: (c, np.sqrt(v))),
        ("sums of squares", lambda c, v, n: (c, v * (n - 1))),
        ("ascending", lambda c, v, n: (c[::-1], v[::-1])),
        ("explained_variance_ is wrong", lambda c, v, n: (c, v * (1 + 1e-9))),
        ("not orthonormal", lambda c, v, n: (2 * c, v)),
        ("no eigenvectors", lambda c, v, n: (c[[1, 0, 2]], v)),
    ],
)
def test_near_misses_are_refused_in_words(words, change):
    inputs = drawn(FIT, FIT.cases[0])
    model = by_sklearn(inputs["x"], inputs["k"])
    with pytest.raises(Broken, match=words):
        FIT.verify(for_oracle(inputs), change(model.components_, model.explained_variance_, 30), Checks("float64"))
