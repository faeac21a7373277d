"""The oracles of svd_image_compression against torch and definitions, and its verification against near misses."""

from pathlib import Path

import numpy as np
import pytest

from harness.catalog import Shipped, _module
from harness.check import Broken, Checks

FOLDER = Path(__file__).parents[2] / "curriculum" / "projects" / "svd_image_compression"
SPEC = _module("svd_image_compression_spec", FOLDER / "spec.py")
PART = Shipped("svd_image_compression", FOLDER).exercise.part("compress")


def drawn(case, seed=2):
    return SPEC.inputs(np.random.default_rng(seed), **case.params)


def by_torch(img, k):
    torch = pytest.importorskip("torch")
    u, s, vt = torch.linalg.svd(torch.from_numpy(img.astype(np.float64)).permute(2, 0, 1), full_matrices=False)
    return u[:, :, :k].numpy(), s[:, :k].numpy(), vt[:, :k].numpy()


@pytest.mark.parametrize("case", PART.cases, ids=lambda case: case.name)
def test_compress_accepts_torchs_factors(case):
    inputs = drawn(case)
    PART.verify(inputs, by_torch(**inputs), Checks("float64"))


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("s differs", lambda u, s, vt: (u, s / 255, vt)),
        ("the error is", lambda u, s, vt: (u, s, vt[:, ::-1])),
        ("red: the error", lambda u, s, vt: (u[[1, 0, 2]], s, vt)),
        ("of u are not", lambda u, s, vt: (2 * u, s, vt / 2)),
    ],
)
def test_near_misses_are_refused_in_words(words, change):
    inputs = drawn(PART.cases[0])
    with pytest.raises(Broken, match=words):
        PART.verify(inputs, change(*by_torch(**inputs)), Checks("float64"))


def test_all_terms_restore_the_picture():
    img = SPEC.picture(np.random.default_rng(1), 17, 23)
    np.testing.assert_array_equal(SPEC.reconstruct(**SPEC.parts_of(img, 17)), img)


def test_psnr_of_a_known_error():
    a = np.zeros((4, 5, 3), np.uint8)
    assert SPEC.psnr(a, a + np.uint8(5)) == pytest.approx(20 * np.log10(255 / 5))


def test_choose_k_is_the_least_that_holds_the_share():
    rng = np.random.default_rng(4)
    for _ in range(50):
        inputs = SPEC.energy_inputs(rng)
        k, squares = SPEC.choose_k(**inputs), inputs["s"] ** 2
        share = [squares[:j].sum() / squares.sum() for j in (k - 1, k)]
        assert share[0] < inputs["energy"] <= share[1]
