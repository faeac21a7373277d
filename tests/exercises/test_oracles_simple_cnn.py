"""What simple_cnn is judged by: the data are scikit-learn's, the filters' check is torch's convolution, and a linear
model fails."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from harness.check import Broken, Checks

FOLDER = Path(__file__).parents[2] / "curriculum" / "architectures" / "simple_cnn"


@pytest.fixture(scope="module")
def spec():
    pytest.importorskip("sklearn")
    found = importlib.util.spec_from_file_location("simple_cnn_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_pictures_are_those_of_scikit_learn(spec):
    datasets = pytest.importorskip("sklearn.datasets")
    pictures, labels = spec.digits()
    np.testing.assert_array_equal(pictures * 16, datasets.load_digits().images)
    np.testing.assert_array_equal(labels, datasets.load_digits().target)


def test_hidden_pictures_are_not_among_those_of_training(spec):
    """Without noise and moves, no hidden picture is one of training, but for the few that the data hold twice."""
    spec_altered, spec.altered = spec.altered, lambda rng, pictures: pictures[:, None]
    try:
        drawn = spec.inputs(np.random.default_rng(0))
    finally:
        spec.altered = spec_altered
    known = {picture.tobytes() for picture in drawn["x"]}
    hidden = drawn["asked"].value[0]["x"]
    assert len(known) <= 1200
    assert sum(picture.tobytes() in known for picture in hidden) <= 2


@pytest.mark.parametrize(("sign", "holds"), [(1, True), (-1, False)])
def test_the_check_of_the_filters_agrees_with_torchs_convolution(spec, sign, holds):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    x = spec.inputs(rng, size="small", ask="filters")
    w, b = rng.standard_normal((8, 1, 3, 3)), rng.standard_normal(8)
    maps = torch.nn.functional.conv2d(
        *map(torch.from_numpy, (x["asked"].value[1]["x"], w[:, :, ::sign].copy(), b)), padding=1
    )

    def answer(**_):
        return None, (w, b), maps.numpy()

    if holds:
        spec.the_filters_make_the_feature_maps(answer, x, Checks("float32"))
    else:
        with pytest.raises(Broken):
            spec.the_filters_make_the_feature_maps(answer, x, Checks("float32"))


def test_a_linear_model_stays_below_the_mark(spec):
    linear = pytest.importorskip("sklearn.linear_model")
    x = spec.inputs(np.random.default_rng(2))
    model = linear.RidgeClassifier().fit(x["x"].reshape(len(x["x"]), -1), x["y"])
    hidden = x["asked"].value[0]["x"]
    assert np.mean(model.predict(hidden.reshape(len(hidden), -1)) == x["truth"].value) < spec.PASS_MARK
