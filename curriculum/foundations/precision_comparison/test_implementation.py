"""Half precision by pencil: patterns of bits that can be written down, and sums that stop growing."""

import numpy as np


def bits(answer, part, *numbers):
    return [f"{int(b):04x}" for b in answer.part(part, x=np.array(numbers, np.float32))]


def test_one_and_minus_two_in_bfloat16_are_the_upper_half_of_float32(answer):
    """1.0 is 3f800000 in float32, -2.0 is c0000000: nothing is lost by dropping zeros."""
    assert bits(answer, "to_bf16_bits", 1.0, -2.0) == ["3f80", "c000"]


def test_a_tie_in_bfloat16_goes_to_the_even_neighbour(answer):
    """Above 1 the spacing is 1/128: 1 + 1/256 goes down to 1 (even), 1 + 3/256 up to 1 + 2/128 (even)."""
    assert bits(answer, "to_bf16_bits", 1 + 1 / 256, 1 + 3 / 256) == ["3f80", "3f82"]


def test_float16_has_a_bias_of_fifteen(answer):
    """1.0 has exponent 15 (01111) and fraction 0: 0 01111 0000000000 is 3c00; 1.5 sets the first fraction bit."""
    assert bits(answer, "to_fp16_bits", 1.0, 1.5, -2.0) == ["3c00", "3e00", "c000"]


def test_float16_ends_at_65504(answer):
    """65519 is nearer to 65504; 65520 is half-way to 65536, which is even and does not exist: infinity."""
    assert bits(answer, "to_fp16_bits", 65519.0, 65520.0) == ["7bff", "7c00"]


def test_subnormal_numbers_of_float16_count_in_steps_of_two_to_the_minus_24(answer):
    """3 * 2**-24 is fraction 3; half a step is a tie and goes to 0, one and a half to 2."""
    assert bits(answer, "to_fp16_bits", 3 * 2.0**-24, 2.0**-25, 1.5 * 2.0**-24) == ["0003", "0000", "0002"]


def test_bfloat16_stops_counting_at_256(answer):
    """Above 256 the spacing is 2: 256 + 1 is a tie and falls to 256, so 300 ones sum to 256, an error of 44/300."""
    ones = np.ones(300, np.float32)
    errors = answer.part("dot_errors", x=ones, y=ones)
    np.testing.assert_allclose(errors["bfloat16"], 44 / 300)
    assert errors["float16"] == errors["bfloat16 in float32"] == errors["float32"] == 0
