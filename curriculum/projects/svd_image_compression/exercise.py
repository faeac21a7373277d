"""Compress a picture by cutting off its singular value decomposition: your template.

A picture is uint8 of shape (h, w, 3), the last axis red, green, blue. Each channel is a matrix (h, w) of numbers from 0
to 255 and is decomposed by itself. Use your own svd (`from impls.svd.svd import svd`) or, once you have passed it, the
library's. Pictures may have any shape, and k any value from 0; inputs stay as they were.
"""


def compress(img, k):
    """Return (u, s, vt), float64, the best rank-k factors of the three channels: u (3, h, r), s (3, r), vt (3, r, w).

    r = min(k, h, w). For every channel u has orthonormal columns, vt orthonormal rows, s is descending, and u diag(s)
    vt is nearest to the channel among all matrices of rank r. Nothing is centred or scaled.
    Source: Eckart and Young 1936, https://doi.org/10.1007/BF02288367
    """
    raise NotImplementedError("write compress() in impls/svd_image_compression/svd_image_compression.py")


def reconstruct(u, s, vt):
    """Return the picture uint8 (h, w, 3): all terms added, rounded to the nearest whole number, cut to 0 ... 255."""
    raise NotImplementedError("write reconstruct() in impls/svd_image_compression/svd_image_compression.py")


def ratio(h, w, k):
    """Return how many times fewer numbers the factors hold than the pixels: h w over k (h + w + 1), a Python float.

    k above min(h, w) counts as min(h, w); for k = 0 the ratio is inf.
    """
    raise NotImplementedError("write ratio() in impls/svd_image_compression/svd_image_compression.py")


def psnr(a, b):
    """Return the peak signal-to-noise ratio of two pictures in decibels, a Python float; inf where they are equal.

    10 log10(255**2 / mse), the mean squared error over all pixels and channels.
    """
    raise NotImplementedError("write psnr() in impls/svd_image_compression/svd_image_compression.py")


def choose_k(s, energy):
    """Return the least k for which the first k of s hold at least this share of the energy, the sum of squares; an int.

    s (r,) float64, descending and not negative; energy from 0 to 1. 0 where energy is 0, or all of s.
    """
    raise NotImplementedError("write choose_k() in impls/svd_image_compression/svd_image_compression.py")
