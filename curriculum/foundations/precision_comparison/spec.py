"""Rounding to bfloat16 and float16 by bits, and what rounding does to a dot product: what an answer must do.

The oracle rounds by arithmetic in float64: divide by the spacing at x, round to the nearest integer (ties to even,
np.rint), multiply back. All three steps are exact, whatever the format.

Sources: IEEE 754-2019, https://doi.org/10.1109/IEEESTD.2019.8766229; bfloat16: Kalamkar et al. 2019,
https://arxiv.org/abs/1905.12322; accumulation in float32: Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740
"""

import math

import numpy as np

from harness.spec import (
    Array,
    Convention,
    Cost,
    Equivalent,
    Exercise,
    Mistake,
    Part,
    Plain,
    Policy,
    Timing,
    Tolerance,
    case,
    holds,
)

# bits of the fraction, exponent of the smallest normal number, largest finite number
FORMATS = {
    "float16": (10, -14, 65504.0),
    "bfloat16": (7, -126, (2 - 2.0**-7) * 2.0**127),
    "float32": (23, -126, (2 - 2.0**-23) * 2.0**127),
}


def rounded(x, name):
    """The number of that format that is nearest to x (float64), ties to even; what is past the largest is infinite."""
    fraction_bits, least_exponent, largest = FORMATS[name]
    _, exponent = np.frexp(x)  # |x| = m * 2**exponent, 1/2 <= m < 1
    spacing = np.ldexp(1.0, np.maximum(exponent - 1, least_exponent) - fraction_bits)
    nearest = np.rint(x / spacing) * spacing
    return np.where(np.abs(nearest) > largest, np.copysign(np.inf, x), nearest)


def bfloat16_bits(x):
    return (rounded(x, "bfloat16").astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def float16_bits(x):
    return rounded(x, "float16").astype(np.float16).view(np.uint16)


def dot_errors(x, y, exact=None):
    """Oracle: products and partial sums in float64, rounded to the format after every step.

    Rounded twice, as float64 and then shorter: harmless, because 53 >= 2 * 24 + 2 (Figueroa 1995).
    """
    exact = math.fsum(x * y) if exact is None else exact
    errors = {}
    for inputs_in, sums_in in (("float16", "float16"), ("bfloat16", "bfloat16"), ("float16", "float32"),
                               ("bfloat16", "float32"), ("float32", "float32")):  # fmt: skip
        total = 0.0
        for product in rounded(rounded(x, inputs_in) * rounded(y, inputs_in), sums_in):
            total = rounded(total + product, sums_in)
        key = inputs_in if inputs_in == sums_in else f"{inputs_in} in {sums_in}"
        errors[key] = float(abs(total - exact) / abs(exact))
    return errors


def without_the_inputs_rounding(x, y):
    """Another question: the error of the arithmetic alone, against the exact product of the rounded inputs."""
    errors = {"float32": dot_errors(x, y)["float32"]}
    for name in ("float16", "bfloat16"):
        exact = math.fsum(rounded(x, name) * rounded(y, name))
        errors |= {key: e for key, e in dot_errors(x, y, exact).items() if key.startswith(name)}
    return errors


# --- what is right ----------------------------------------------------------------------------------------------


def verify_bits(bits_of, first_infinity):
    """Bits exactly, but for NaN, of which there are many: there any NaN is right."""

    def verify(inputs, outputs, check):
        x, got = inputs["x"].reshape(-1), outputs.reshape(-1)
        nan = np.isnan(x)
        want = bits_of(np.where(nan, 0.0, x))
        check.true((got[nan] & 0x7FFF) != first_infinity, "a NaN became an infinity: its fraction is 0")
        check.true((got[nan] & 0x7FFF) > first_infinity, "a NaN did not stay a NaN")
        wrong = np.flatnonzero((got != want) & ~nan)
        if wrong.size:
            i = wrong[0]
            check.true(
                False, f"{wrong.size} of {x.size} are wrong; {x[i]:.9g} gives {got[i]:#06x} instead of {want[i]:#06x}"
            )

    return verify


def bits_like_x(x):
    return Array("uint16", x.shape)


# --- inputs: float32 by their bits, so that nothing rounds them before the answer does ----------------------------


def from_bits(sign, exponent, fraction):
    """float32 from its three fields (exponent with its bias of 127)."""
    bits = (np.asarray(sign) << 31) | (np.asarray(exponent) << 23) | fraction
    return bits.astype(np.uint32).view(np.float32)


def every_exponent(rng, n, dropped):
    sign, exponent = rng.integers(0, 2, n), np.arange(n) % 255
    return from_bits(sign, exponent, rng.integers(0, 2**23, n))


def ties(rng, n, dropped):
    """Half-way between two neighbours, after an even and after an odd one, at every exponent."""
    kept = (rng.integers(0, 2 ** (22 - dropped), n) << 1) | (np.arange(n) % 2)
    return from_bits(rng.integers(0, 2, n), np.arange(n) // 2 % 255, (kept << dropped) | 1 << (dropped - 1))


def beside_ties(rng, n, dropped):
    """One float32 below and one above a tie."""
    kept = rng.integers(0, 2 ** (23 - dropped), n) << dropped
    half = 1 << (dropped - 1)
    return from_bits(rng.integers(0, 2, n), np.arange(n) // 2 % 255, kept | half + np.where(np.arange(n) % 2, 1, -1))


def all_ones(rng, n, dropped):
    """Fractions of ones only, or all but the lowest: rounding carries into the exponent."""
    return from_bits(rng.integers(0, 2, n), np.arange(n) % 255, 2**23 - 1 - rng.integers(0, 1 << (dropped - 2), n))


def top_of_float16(rng, n, dropped):
    limits = np.array(
        [65503.99, 65504.0, 65519.0, 65519.996, 65520.0, 65520.01, 65535.0, 65536.0, 1e5, 1e30], np.float32
    )
    return limits[np.arange(n) % 10] * rng.choice([-1, 1], n).astype(np.float32)


def top_of_bfloat16(rng, n, dropped):
    patterns = np.array([0x7F7F0000, 0x7F7F7FFF, 0x7F7F8000, 0x7F7F8001, 0x7F7FFFFF, 0x7F7E8000], np.uint32)
    return patterns.view(np.float32)[np.arange(n) % 6] * rng.choice([-1, 1], n).astype(np.float32)


def subnormal_in_float16(rng, n, dropped):
    """Whole, half and odd multiples of 2**-24 up to 2**-14, and their neighbours; the first five around 2**-14 itself."""
    steps = (
        np.where(np.arange(n) < 5, 1024, rng.integers(0, 1025, n))
        + np.array([0.0, 0.5, 0.25, 0.5 - 2.0**-13, 0.5 + 2.0**-13])[np.arange(n) % 5]
    )
    return np.float32(steps * 2.0**-24 * rng.choice([-1, 1], n))


def near_zero_in_float16(rng, n, dropped):
    """Around 2**-25, half of the smallest number."""
    factors = np.array([0.5, 1 - 2.0**-23, 1.0, 1 + 2.0**-23, 1.5, 2.0, 3.0, 2.0**-100], np.float32)
    return np.float32(2.0**-25) * factors[np.arange(n) % 8] * rng.choice([-1, 1], n).astype(np.float32)


def subnormal_in_float32(rng, n, dropped):
    return from_bits(rng.integers(0, 2, n), 0, rng.integers(0, 2**23, n) >> rng.integers(0, 20, n))


def zeros_and_infinities(rng, n, dropped):
    return np.array([0.0, -0.0, np.inf, -np.inf], np.float32)[np.arange(n) % 4]


def nans(rng, n, dropped):
    """Quiet ones, of both signs. (NumPy warns when it widens a signalling one, so the property makes those itself.)"""
    payload = (1 << 22) | np.array([2**22 - 1, 0, 1, 1 << dropped])[np.arange(n) % 4]
    return from_bits(np.arange(n) // 4 % 2, 255, payload)


def ordinary(rng, n, dropped, rows=None):
    return rng.standard_normal(n if rows is None else (rows, n))


def inputs_for(dropped):
    """Inputs for a format that drops so many bits of float32's fraction."""

    def inputs(rng, n=64, kind=ordinary, **sizes):
        return {"x": kind(rng, n, dropped, **sizes)}

    return inputs


def dot_inputs(rng, n=40, kind="normal", scale=1.0):
    x, y = rng.standard_normal((2, n))
    if kind == "positive":
        x, y = rng.uniform(0.5, 1.5, (2, n))
    if kind == "ones":
        x, y = np.ones((2, n))
    if kind == "ones after 2040":
        x, y = np.where(np.arange(n) == 0, 2040.0, 1.0), np.ones(n)
    if (
        kind == "cancelling"
    ):  # -1 + (1 + 2**-5)(1 + 2**-6): a short sum holds the difference, a short product not 2**-11
        x, y = rng.choice([-1.0, 1.0]) * np.array([-1.0, 1 + 2.0**-5]), np.array([1.0, 1 + 2.0**-6])
    if kind == "whole":
        x, y = rng.integers(1, 4, (2, n)).astype(float)
    if kind == "large":
        x, y = rng.uniform(256.0, 300.0, (2, n))
    if kind == "large sum":
        x, y = rng.uniform(185.0, 250.0, (2, n))
    if kind == "lost":
        x, y = np.array([1.0, 2.0**-25, -1.0]), np.ones(3)
    if kind == "subnormal x":
        x, y = 2.0**-18 * rng.uniform(1.0, 2.0, n), rng.uniform(1.0, 2.0, n)
    if kind == "small":  # products near and below the smallest numbers of float16
        x, y = 2.0**-13 * rng.uniform(1.0, 2.0, (2, n))
    return {"x": scale * x, "y": y}


BITS = (
    case("normal numbers", n=200),
    case("two axes", n=5, rows=3, why="the bits have the shape of x"),
    case("every exponent", kind=every_exponent, n=1020, why="from the smallest to the largest float32"),
    case("ties", kind=ties, n=1020, why="half-way goes to the even neighbour: down as often as up"),
    case("beside ties", kind=beside_ties, n=1020, why="the last dropped bit decides"),
    case("fractions of ones", kind=all_ones, n=255, why="rounding up carries into the exponent"),
    case("subnormal in float32", kind=subnormal_in_float32, n=60, mark="robust", why="below 2**-126"),
    case("zeros and infinities", kind=zeros_and_infinities, n=4, mark="robust", why="their signs are kept"),
    case("nan", kind=nans, n=8, mark="robust", why="a NaN stays a NaN, of either sign"),
    case("no numbers", n=0, mark="robust", why="an empty array comes back empty"),
)  # fmt: skip
BF16 = (
    *BITS,
    case("around the largest", kind=top_of_bfloat16, n=12, mark="robust", why="half-way past the largest is infinite"),
)
FP16 = (
    *BITS,
    case("around 65504", kind=top_of_float16, n=20, mark="robust", why="65519.996 is 65504 and 65520 is infinite"),
    case("subnormal in float16", kind=subnormal_in_float16, n=500, mark="robust",
         why="below 2**-14 the spacing is 2**-24"),
    case("around half of the smallest", kind=near_zero_in_float16, n=16, mark="robust", why="2**-25 is a tie with 0"),
)  # fmt: skip
DOTS = (
    case("normal numbers", n=40),
    case("one number", n=1, why="the sum is one product; what is left are the errors of x, y and x * y"),
    case("positive numbers", n=200, kind="positive", why="a large sum swallows the ends of what is added"),
    case("a product's last bits", n=2, kind="cancelling", why="products are rounded before they are added"),
    case("exact", n=20, kind="whole", why="small whole numbers are exact everywhere: all errors are 0"),
    case("a sum of ones", n=300, kind="ones", why="in bfloat16 it stops at 256: 1 is half a spacing there"),
    case("ones added to 2040", n=40, kind="ones after 2040",
         why="in float16 the sum stops at 2048, in bfloat16 at once"),
    case("lost in float32", n=3, kind="lost", why="1 + 2**-25 is 1 there too: nothing is left of the sum"),
    case("a sum overflows in float16", n=2, kind="large sum", mark="robust", why="each product is below 65504"),
    case("subnormal in float16", n=6, kind="subnormal x", mark="robust", why="2**-18 keeps 6 bits of its fraction there"),
    case("float16 overflows", n=6, kind="large", mark="robust",
         why="300 * 300 is beyond 65504: inf, but not in float32"),
    case("float16 underflows", n=6, kind="small", mark="robust", why="2**-26 is below the smallest float16"),
)  # fmt: skip


# --- properties -------------------------------------------------------------------------------------------------


def value_of_bf16(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def value_of_fp16(bits):
    return bits.view(np.float16).astype(np.float64)


def order_is_kept(value_of):
    def larger_numbers_never_become_smaller(answer, x, check):
        """Of two numbers the larger is never rounded to the smaller value."""
        check.true(np.diff(value_of(answer(x=np.sort(x["x"])))) >= 0, "a larger number was rounded to a smaller value")

    return larger_numbers_never_become_smaller


def error_is_at_most(bound, value_of):
    def relative_error_is_at_most_half_a_spacing(answer, x, check):
        """Between 2**-14 and 65504 the relative error is at most 2**-8 in bfloat16 and 2**-11 in float16."""
        numbers = x["x"][(np.abs(x["x"]) >= 2.0**-14) & (np.abs(x["x"]) <= 65504)].astype(np.float64)
        got = value_of(answer(x=numbers))
        check.true(np.abs(got - numbers) <= bound * np.abs(numbers), "a relative error is too large")

    return relative_error_is_at_most_half_a_spacing


def twice_is_once(value_of):
    def rounding_again_changes_nothing(answer, x, check):
        """What has been rounded once stays as it is when it is rounded again."""
        bits = answer(**x)
        check.equal(answer(x=value_of(bits).astype(np.float32)), bits, "rounding again changed some bits")

    return rounding_again_changes_nothing


def nan_stays_nan(dropped, infinity):
    def a_nan_stays_a_nan_whatever_its_payload(answer, x, check):
        """A NaN stays a NaN, also one whose payload lies in the dropped bits alone (without them it is an infinity)."""
        payloads = np.array([1, (1 << dropped) - 1, 1 << (dropped - 1), 1 << dropped, 2**23 - 1])
        got = answer(x=np.concatenate([from_bits(sign, 255, payloads) for sign in (0, 1)]))
        check.true((got & 0x7FFF) > infinity, "a NaN did not stay a NaN")

    return a_nan_stays_a_nan_whatever_its_payload


def a_power_of_two_changes_no_error(answer, x, check):
    """Multiplying x by 8 moves exponents only, so every relative error stays as it is."""
    before, after = answer(**x), answer(x=8 * x["x"], y=x["y"])
    for key, error in before.items():
        check.true(abs(after[key] - error) <= 1e-6 * error + 1e-13, f"{key}: {error:.6g} became {after[key]:.6g}")


def x_and_y_may_be_swapped(answer, x, check):
    """The products are the same when x and y are exchanged, and so are the errors."""
    before, after = answer(**x), answer(x=x["y"], y=x["x"])
    for key, error in before.items():
        check.true(abs(after[key] - error) <= 1e-6 * error + 1e-13, f"{key}: {error:.6g} became {after[key]:.6g}")


# --- speed ------------------------------------------------------------------------------------------------------


def cost(itemsize, n):
    """Shift, mask, two additions, shift, and compare and select for NaN; 4 bytes read and 2 written."""
    return Cost(flops=8 * n, bytes_moved=6 * n)


MILLION = case("a million numbers", n=1_000_000)
FASTEST = {
    "numpy": "vectorized.py",
    "torch": "with_torch.py",
    "cupy": "with_array_api.py",
    "triton": "triton_kernel.py",
}
HALVES = ("numpy.float16", "numpy.half", "torch.float16", "torch.half", "torch.bfloat16", "torch.HalfTensor",
          "torch.BFloat16Tensor", "torch.Tensor.half", "torch.Tensor.bfloat16", "cupy.float16",
          "ml_dtypes", "triton.language.float16", "triton.language.bfloat16")  # fmt: skip
FP16_ROUNDED = "normal = np.minimum((rebiased + 0xFFF + odd) >> 13, 0x7C00)"

OTHER_NAN = "another NaN, and any is right"

EXERCISE = Exercise(
    version=2,
    parts=(
        Part(
            "to_bf16_bits", inputs_for(16), BF16, verify=verify_bits(bfloat16_bits, 0x7F80), outputs=bits_like_x,
            dtypes=("float32",),
            properties=(
                holds(order_is_kept(value_of_bf16), kind=every_exponent, n=500),
                holds(error_is_at_most(2.0**-8, value_of_bf16), kind=every_exponent, n=1020),
                holds(twice_is_once(value_of_bf16), kind=every_exponent, n=500),
                holds(nan_stays_nan(16, 0x7F80)),
            ),
        ),
        Part(
            "to_fp16_bits", inputs_for(13), FP16, verify=verify_bits(float16_bits, 0x7C00), outputs=bits_like_x,
            dtypes=("float32",),
            properties=(
                holds(order_is_kept(value_of_fp16), kind=subnormal_in_float16, n=500),
                holds(error_is_at_most(2.0**-11, value_of_fp16), kind=every_exponent, n=1020),
                holds(twice_is_once(value_of_fp16), kind=every_exponent, n=500),
                holds(nan_stays_nan(13, 0x7C00)),
            ),
        ),
        Part(
            "dot_errors", dot_inputs, DOTS, oracle=dot_errors, outputs=Plain(dict), dtypes=("float32",),
            tolerance=Tolerance(
                1e-6, "the five sums are determined bit for bit; only the exact one may be added in any order", 1e-13
            ),
            conventions=(Convention("errors against the exact product of the rounded inputs; asked is of x and y as "
                                    "given",
                                    without_the_inputs_rounding),),
            properties=(
                holds(a_power_of_two_changes_no_error, n=60, kind="positive"),
                holds(x_and_y_may_be_swapped, n=60, kind="positive"),
            ),
        ),
    ),
    timings=(
        Timing(
            MILLION, cost, part="to_bf16_bits", scaling="n", yardstick=FASTEST,
            library={"torch": "torch.Tensor.to(x, torch.bfloat16).view(torch.uint16)"},
        ),
        Timing(
            MILLION, cost, part="to_fp16_bits", scaling="n", yardstick=FASTEST,
            library={
                "numpy": "numpy.asarray(x, dtype=numpy.float16).view(numpy.uint16)",
                "torch": "torch.Tensor.to(x, torch.float16).view(torch.uint16)",
            },
        ),
    ),
    policy=Policy(banned=("base", *HALVES), backends=("numpy", "torch", "cupy", "triton")),
    mistakes=(
        Mistake("bfloat16 truncates", "rounded = (bits + 0x7FFF + odd) >> 16", "rounded = bits >> 16",
                caught_by="to_bf16_bits/normal numbers"),
        Mistake("bfloat16 rounds half up", "bits + 0x7FFF + odd", "bits + 0x8000", caught_by="to_bf16_bits/ties"),
        Mistake("bfloat16 rounds half down", "bits + 0x7FFF + odd", "bits + 0x7FFF", caught_by="to_bf16_bits/ties"),
        Mistake("bfloat16: ties to the odd neighbour", "odd = (bits >> 16) & 1", "odd = 1 - ((bits >> 16) & 1)",
                caught_by="to_bf16_bits/ties"),
        Mistake("bfloat16: parity of a dropped bit", "odd = (bits >> 16) & 1", "odd = (bits >> 15) & 1",
                caught_by="to_bf16_bits/ties"),
        Mistake("bfloat16: a NaN overflows in the addition", "return np.where(np.isnan(x), quiet_nan, rounded)",
                "return rounded", caught_by="to_bf16_bits/nan"),
        Mistake("bfloat16: a NaN is truncated to infinity", "(bits >> 16) | 0x0040", "bits >> 16",
                caught_by="to_bf16_bits/a nan stays a nan whatever its payload"),
        Mistake("bfloat16: the carry is lost", "(bits + 0x7FFF + odd) >> 16",
                "((bits >> 23) << 7) | ((((bits & 0x7FFFFF) + 0x7FFF + odd) >> 16) & 0x7F)",
                caught_by="to_bf16_bits/fractions of ones"),
        Mistake("bfloat16 ends at its largest finite number", "return np.where(np.isnan(x), quiet_nan, rounded)",
                "rounded = np.where(np.isinf(x), rounded, rounded - ((rounded & 0x7FFF) == 0x7F80))\n"
                "    return np.where(np.isnan(x), quiet_nan, rounded)",
                caught_by="to_bf16_bits/around the largest"),
        Mistake("bfloat16 flushes subnormals", "return np.where(np.isnan(x), quiet_nan, rounded)",
                "rounded = np.where(rounded & 0x7F80, rounded, rounded & 0x8000)\n"
                "    return np.where(np.isnan(x), quiet_nan, rounded)",
                caught_by="to_bf16_bits/subnormal in float32"),
        Mistake("float16 truncates", FP16_ROUNDED, "normal = np.minimum(rebiased >> 13, 0x7C00)",
                caught_by="to_fp16_bits/normal numbers"),
        Mistake("float16 rounds half up", "rebiased + 0xFFF + odd", "rebiased + 0x1000", caught_by="to_fp16_bits/ties"),
        Mistake("float16 rounds half down", "rebiased + 0xFFF + odd", "rebiased + 0xFFF",
                caught_by="to_fp16_bits/ties"),
        Mistake("float16: the carry is lost", "(rebiased + 0xFFF + odd) >> 13",
                "((rebiased >> 23) << 10) | ((((rebiased & 0x7FFFFF) + 0xFFF + odd) >> 13) & 0x3FF)",
                caught_by="to_fp16_bits/fractions of ones"),
        Mistake("float16 flushes subnormals", "np.rint(steps).astype(np.uint32)", "np.zeros_like(bits)",
                caught_by="to_fp16_bits/subnormal in float16"),
        Mistake("float16 truncates subnormals", "np.rint(steps)", "np.floor(steps)",
                caught_by="to_fp16_bits/subnormal in float16"),
        Mistake("float16 rounds subnormals half up", "np.rint(steps)", "np.floor(steps + 0.5)",
                caught_by="to_fp16_bits/around half of the smallest"),
        Mistake("float16 does not overflow", FP16_ROUNDED, "normal = (rebiased + 0xFFF + odd) >> 13",
                caught_by="to_fp16_bits/around 65504"),
        Mistake("float16 saturates at 65504", "np.minimum((rebiased + 0xFFF + odd) >> 13, 0x7C00)",
                "np.minimum((rebiased + 0xFFF + odd) >> 13, 0x7BFF)", caught_by="to_fp16_bits/around 65504"),
        Mistake("float16: what is past 65504 is infinite at once", FP16_ROUNDED,
                "normal = np.where(np.abs(x) > 65504, 0x7C00, (rebiased + 0xFFF + odd) >> 13)",
                caught_by="to_fp16_bits/around 65504"),
        Mistake("float16: a NaN becomes infinity", "    result = np.where(np.isnan(x), 0x7E00, result)\n", "",
                caught_by="to_fp16_bits/nan"),
        Mistake("float16 loses the sign", "(sign | result)", "result", caught_by="to_fp16_bits/normal numbers"),
        Mistake("float16 loses the sign of zero", "(sign | result)", "np.where(result > 0, sign | result, 0)",
                caught_by="to_fp16_bits/zeros and infinities"),
        Mistake("the inputs are not rounded", "products = round_to(x) * round_to(y)", "products = x * y",
                caught_by="dot_errors/positive numbers"),
        Mistake("products are not rounded", "running_sum(round_to(products), round_to)",
                "running_sum(products, round_to)",
                caught_by="dot_errors/a product's last bits"),
        Mistake("partial sums are not rounded", "running_sum(round_to(products), round_to)",
                "running_sum(round_to(products))",
                caught_by="dot_errors/a sum of ones"),
        Mistake("rounded once, at the end", "running_sum(round_to(products), round_to)",
                "float(round_to(np.float32(np.sum(products))))",
                caught_by="dot_errors/a sum of ones"),
        Mistake("sums in pairs", "    for term in terms:\n        total = round_to(total + term)",
                "    while len(terms) > 1:\n        terms = np.append(terms, np.zeros(len(terms) % 2, np.float32))\n"
                "        terms = round_to(terms[::2] + terms[1::2])\n    total = terms[0]",
                caught_by="dot_errors/a sum of ones"),
        Mistake("exact is computed in float32", "x.astype(np.float64) * y.astype(np.float64)", "x * y",
                caught_by="dot_errors/positive numbers"),
        Mistake("the error is not relative", " / abs(exact)", "", caught_by="dot_errors/positive numbers"),
        Mistake("relative to what was computed", " / abs(exact)", " / abs(computed)",
                caught_by="dot_errors/a sum of ones"),
    ),
    equivalent=(
        Equivalent("to_bf16_bits", "quiet_nan = bits >> 16 | 64", "quiet_nan = bits >> 16 | 65", OTHER_NAN),
        Equivalent("to_fp16_bits", "result = np.where(np.isnan(x), 32256, result)", "result = np.where(np.isnan(x), 32257, result)", OTHER_NAN),
        Equivalent("to_fp16_bits", "smallest_normal = 947912704", "smallest_normal = 947912705", "at 2**-14 both ways give its pattern, 1024"),
        Equivalent("to_fp16_bits", "steps = np.where(magnitude < smallest_normal, np.abs(x), 0) * 2.0 ** 24",
                   "steps = np.where(magnitude <= smallest_normal, np.abs(x), 0) * 2.0 ** 24", "not used at 2**-14"),
        Equivalent("to_fp16_bits", "steps = np.where(magnitude < smallest_normal, np.abs(x), 0) * 2.0 ** 24",
                   "steps = np.where(magnitude < smallest_normal, np.abs(x), 1) * 2.0 ** 24", "not used from 2**-14 on"),
    ),
    hints=(
        "View the float32 as an unsigned integer (x.view). The integers count the floats in order: what does adding 1 "
        "to the "
        "integer do at the end of a binade? Then rounding is an addition and a shift.",
        "To drop k bits: add half of the dropped range less one, plus the lowest kept bit, then shift by k. Treat NaN "
        "apart. For "
        "float16 first take (127 - 15) << 23 off the exponent; below 2**-14 count in steps of 2**-24 and round to an "
        "integer.",
        "bf16: (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16. fp16 of the magnitude m: min((m - (112 << 23) + 0xFFF + ((m "
        ">> 13) & 1)) >> 13, "
        "0x7C00), or rint(|x| * 2**24) where |x| < 2**-14; then or the sign to it. For the sums turn bits back into "
        "float32 after every step: "
        "bf16 << 16; fp16 is (1024 + fraction) * 2**(exponent - 25), and fraction * 2**-24 where the exponent is 0.",
    ),
)  # fmt: skip
