"""The clock: marks and ratios from made-up numbers, inputs that no call has seen before, and answers that try to gain."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import answer, calls, clock, process, schedule
from harness.catalog import Shipped, SpecBroken
from harness.clock import TooSlow, Unfit, WrongOutput
from harness.driven import POISON, Setting
from harness.handle import WorkerEnd
from harness.reading import Reading
from harness.samples import Samples, Timed, mark
from harness.slots import Slots
from harness.spec import Cost, Timing, case

# --- marks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intervals", "found"),
    [
        ([], (None, "not measured")),
        ([(0.9, 1.0, 1.1)], (True, "")),
        ([(2.9, 2.95, 3.0)], (True, "")),
        ([(2.9, 3.0, 3.1)], (None, "too close to call, 2.90 to 3.10 against 3")),
        ([(3.01, 3.1, 3.2)], (False, "")),
        ([(3.0, 3.1, 3.2)], (None, "too close to call, 3.00 to 3.20 against 3")),
        ([(0.9, 1.0, 1.1), (3.5, 4.0, 4.5)], (False, "")),
        ([(0.9, 1.0, 1.1), (2.9, 3.0, 3.1)], (None, "too close to call, 2.90 to 3.10 against 3")),
        ([(2.9, 3.0, 3.1), (3.5, 4.0, 4.5)], (False, "")),
    ],
)
def test_a_mark_is_true_only_when_the_whole_interval_is_on_the_good_side(intervals: list[Any], found: Any) -> None:
    assert mark(intervals, 3.0) == found


@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=4), st.floats(0.5, 5)
)
def test_a_mark_never_says_true_and_false_of_the_same_truth(
    drawn: list[tuple[float, float, float]], most: float
) -> None:
    intervals = [(low, low + a, low + a + b) for low, a, b in drawn]
    value, why = mark(intervals, most)
    assert value is not True or all(high <= most for _, _, high in intervals)
    assert value is not False or any(low > most for low, _, _ in intervals)
    assert bool(why) == (value is None)


# --- ratios --------------------------------------------------------------------------------------------------------


def reading(cpu_ns: int, wall_ns: int | None = None, delay_ns: int = 0, event_ns: int = 0) -> Reading:
    return Reading(cpu_ns, cpu_ns if wall_ns is None else wall_ns, delay_ns, 0, event_ns=event_ns)


def sampled(*blocks: tuple[int, int, int]) -> Samples:
    """Samples of blocks (answer, yardstick, null) in ns, ten calls each, every block from processes of its own."""
    found = Samples()
    for own, yardstick, null in blocks:
        found.begin_set()
        found.add({"answer": reading(own), "yardstick": reading(yardstick), "null": reading(null)}, 10)
    return found


def timed(samples: Samples) -> Timed:
    return Timed("big", "f", "float32", "yardstick", "fast.py", samples, "budget", 1.0, 1.0)


def test_the_null_is_taken_from_both_sides() -> None:
    found = sampled((3_100, 1_100, 100))
    assert (found.sets, found.wall_ratios) == ({"yardstick": [[3.0]]}, {"yardstick": [3.0]})
    assert found.per_call_ns == {"answer": [300.0], "yardstick": [100.0]}
    assert found.null_share == [pytest.approx(100 / 1100)]


@pytest.mark.parametrize("block", [(100, 1_000, 100), (1_000, 100, 100), (50, 1_000, 100)])
def test_a_block_that_the_overhead_swallowed_is_left_out(block: tuple[int, int, int]) -> None:
    assert sampled(block).sets == {}


@pytest.mark.parametrize(
    ("answer_ns", "each_ns", "verdict"),
    [
        (950_000, 1_000_000, "faster"),
        (980_000, 1_000_000, "same"),
        (1_000_000, 1_000_000, "same"),
        (1_020_000, 1_000_000, "same"),
        (1_050_000, 1_000_000, "slower"),
        (1_040, 1_000, "same"),  # below 50 us a call the zone is wider
        (1_060, 1_000, "slower"),
        (960, 1_000, "same"),
        (940, 1_000, "faster"),
    ],
)
def test_faster_and_slower_begin_outside_the_tie_zone(answer_ns: int, each_ns: int, verdict: str) -> None:
    assert timed(sampled(*[(10 * answer_ns, 10 * each_ns, 0)] * 12)).verdict == verdict


def test_an_interval_that_reaches_into_the_zone_cannot_tell() -> None:
    assert timed(sampled(*[(50_000_000 + n * 100_000, 10_000_000, 0) for n in range(12)])).verdict == "slower"
    assert timed(sampled(*[(9_000_000 + n * 200_000, 10_000_000, 0) for n in range(12)])).verdict == "cannot tell"


def test_an_interval_across_the_edge_of_the_zone_cannot_tell() -> None:
    assert timed(sampled(*[(10_100_000 + n * 50_000, 10_000_000, 0) for n in range(8)])).verdict == "cannot tell"


def test_precision_takes_six_sets_of_processes_and_a_narrow_interval() -> None:
    same = (2_000, 1_000, 0)
    assert [sampled(*[same] * n).is_precise(["yardstick"]) for n in (0, 5, 6)] == [False, False, True]
    assert not sampled(*[(2_000 + 20 * n, 1_000, 0) for n in range(11)]).is_precise(["yardstick"])


def test_blocks_of_one_set_of_processes_count_as_one() -> None:
    """A thousand blocks of a lucky set say no more of the next than its median does."""
    found = Samples()
    for luck in (1.00, 1.02, 0.98, 1.01, 0.99, 1.03):
        found.begin_set()
        for _ in range(100):
            found.add({"answer": reading(int(luck * 10_000)), "yardstick": reading(10_000), "null": reading(0)}, 1)
    low, _, high = found.interval("yardstick")
    assert (round(low, 2), round(high, 2)) == (0.98, 1.03)


@pytest.mark.parametrize(("of_the", "ns"), [("cpu", 70), ("wall less delay", 60), ("device", 100)])
def test_what_counts_depends_on_the_clock(of_the: str, ns: int) -> None:
    assert reading(70, wall_ns=100, delay_ns=40, event_ns=90).ns(of_the) == ns


def test_of_a_device_the_larger_of_events_and_wall_counts() -> None:
    assert reading(70, wall_ns=100, event_ns=130).ns("device") == 130


# --- sizes ---------------------------------------------------------------------------------------------------------


def grows(**changed: Any) -> Timing:
    return Timing(case("big", n=1000, d=8), lambda itemsize, n, d: Cost(n * d, n), scaling="n", **changed)


def test_a_series_spans_a_decade_and_a_half_up_to_the_timings_own_size() -> None:
    assert schedule.sizes(grows()) == [32, 75, 178, 422, 1000]
    assert schedule.sizes(grows(sizes=(64, 128, 256))) == [64, 128, 256, 1000]
    assert schedule.sizes(Timing(case("big", n=3), lambda **_: Cost(1, 1), scaling="n")) == [1, 3]
    assert schedule.sizes(Timing(case("big", n=3), lambda **_: Cost(1, 1))) == []


def test_a_smaller_size_is_the_same_case_with_another_parameter() -> None:
    smaller = schedule.shrunk(grows(), 75).case
    assert (smaller.name, smaller.params) == ("big: n = 75", {"n": 75, "d": 8})


def test_half_of_the_time_goes_to_the_largest_and_all_of_it_somewhere() -> None:
    big, small = (schedule.Plan(schedule.shrunk(grows(), n), None, {}, {}, n, "big: n = 1,000") for n in (1000, 75))  # type: ignore[arg-type]
    assert schedule.shares([big]) == [1.0]
    assert schedule.shares([small, big, small]) == [0.25, 0.5, 0.25]


# --- inputs and outputs --------------------------------------------------------------------------------------------

SPEC = """
import numpy as np
from harness.spec import Cost, Exercise, Timing, case


def grow(x, gain=1):
    return np.exp(x) * gain


def inputs(rng, n=3):
    return {"x": rng.standard_normal((n, n)), "gain": 2}


def cost(itemsize, n):
    return Cost(flops=2 * n * n, bytes_moved=2 * itemsize * n * n)


EXERCISE = Exercise(version=1, inputs=inputs, oracle=grow, cases=(case("short"),), timings=(Timing(case("big", n=120), cost),))
"""
REFERENCE = "import numpy as np\n\n\ndef grow(x, gain=1):\n    return np.exp(x) * x.dtype.type(gain)\n"


@pytest.fixture
def shipped(made: Callable[..., Shipped]) -> Shipped:
    found: Shipped = made("grow", spec=SPEC, reference=REFERENCE)
    return found


def slots_of(shipped: Shipped, fresh: str) -> Slots:
    part, timing = shipped.exercise.parts[0], replace(shipped.exercise.timings[0], fresh=fresh)
    call = calls.draw(part, timing.case, timing.dtype, 1)
    setting = Setting("numpy", "cpu", process.Workshop(Path()), "process")
    slots = Slots(call, part.oracle(**calls.for_oracle(call.inputs)), timing, np.random.default_rng(2), setting)  # type: ignore[misc]
    slots.lay_out(4, ["answer", "yardstick"])
    return slots


@pytest.mark.parametrize("fresh", ["window", "draw"])
def test_every_call_of_every_block_gets_numbers_of_its_own(fresh: str, shipped: Shipped) -> None:
    slots = slots_of(shipped, fresh)
    seen = []
    for _ in range(5):
        slots.refill()
        for slot in range(4):
            inputs = slots.inputs_of(slot)
            assert (inputs["x"].dtype, inputs["x"].shape, inputs["gain"]) == (np.dtype("float32"), (120, 120), 2)
            assert np.isfinite(inputs["x"]).all()
            seen.append(inputs["x"])
    slots.close()
    assert len({x.tobytes() for x in seen}) == 20
    assert len({float(x[0, 0]) for x in seen}) == 20
    assert len({float(x[-1, -1]) for x in seen}) == 20


def test_outputs_are_poisoned_before_every_block(shipped: Shipped) -> None:
    slots = slots_of(shipped, "window")
    slots.outputs["answer"].fill(0, 4 * slots.out_bytes, 0)
    slots.refill()
    assert np.isnan(slots.output("answer", 3, None)).all()
    assert bytes([POISON]) * 4 == slots.output("answer", 0, None).tobytes()[:4]
    slots.close()


def test_the_library_is_called_as_an_answer(shipped: Shipped) -> None:
    part, timing = shipped.exercise.parts[0], shipped.exercise.timings[0]
    text = schedule.library_source(part, timing, "numpy.exp(x) * gain")
    assert text == "import numpy\n\n\ndef grow(x, gain):\n    return numpy.exp(x) * gain\n"


# --- answers that try to gain --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def setting(confinement: None) -> Iterator[Setting]:
    with process.workshop() as workshop:
        yield Setting("numpy", "cpu", workshop, "process")


def measured(shipped: Shipped, setting: Setting, text: str) -> Timed:
    plans = schedule.plan(shipped, answer.from_text(shipped.id, text), "numpy")
    (found,) = clock.measure(shipped, plans, setting, seed=7, budget_s=0.3).timed
    return found


HONEST = "    return np.exp(x) * x.dtype.type(gain)\n"
CHEATS = {
    "one output for ever": "    if not memory:\n        memory.append(np.exp(x) * x.dtype.type(gain))\n    return memory[0]\n",
    "an output for each place in memory": (
        "    key = x.__array_interface__['data'][0]\n    if key not in known:\n        known[key] = np.exp(x) * x.dtype.type(gain)\n    return known[key]\n"
    ),
    "an output for each shape": (
        "    if x.shape not in known:\n        known[x.shape] = np.exp(x) * x.dtype.type(gain)\n    return known[x.shape]\n"
    ),
    "right for nine calls": "    memory.append(0)\n    return np.exp(x) * x.dtype.type(gain) if len(memory) < 10 else np.zeros_like(x)\n",
    "wrong in one call of fifty": "    memory.append(0)\n" + HONEST.replace("return ", "return (len(memory) % 50 > 0) * ").replace("* np", "* np", 1),
    "wrong in the last row": "    out = np.exp(x) * x.dtype.type(gain)\n    out[-1] = out[-2]\n    return out\n",
    "a promise that a thread keeps later": (
        "    out = np.zeros_like(x)\n"
        "    threading.Timer(0.002, lambda: np.multiply(np.exp(x), x.dtype.type(gain), out=out)).start()\n    return out\n"
    ),
    "half the precision": "    return (np.exp(x.astype(np.float16)) * np.float16(gain)).astype(x.dtype)\n",
    "nothing at all": "    return np.empty_like(x) * 0\n",
    "an output for each content": (
        "    key = x[:2].tobytes()[:8]\n    if len(known) > 3:\n        return next(iter(known.values()))\n"
        "    known[key] = np.exp(x) * x.dtype.type(gain)\n    return known[key]\n"
    ),
    "a view of an earlier output": (
        "    memory.append(np.exp(x) * x.dtype.type(gain)) if not memory else None\n    return memory[0][:]\n"
    ),
    "an array that computes itself when it is looked at": (
        "    class Lazy(np.ndarray):\n        pass\n    return np.exp(x).view(Lazy)\n"
    ),
    "what was computed at import for the visible size": "    return ready if x.shape == ready.shape else np.exp(x) * x.dtype.type(gain)\n",
}  # fmt: skip
TOP = "import threading\n\nimport numpy as np\n\nmemory, known, ready = [], {}, np.exp(np.ones((120, 120), np.float32))\n\n\ndef grow(x, gain=1):\n"


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_timed_call_that_gives_a_wrong_output_is_caught(cheat: str, shipped: Shipped, setting: Setting) -> None:
    with pytest.raises(WrongOutput, match=r"a timed call gave a wrong output: |in a timed call: "):
        measured(shipped, setting, TOP + CHEATS[cheat])


def test_an_exception_in_a_timed_call_is_told(shipped: Shipped, setting: Setting) -> None:
    text = TOP + "    memory.append(0)\n    return np.exp(x) * x.dtype.type(gain) if len(memory) < 10 else {}['gone']\n"
    with pytest.raises(WrongOutput, match="in a timed call: it raised KeyError: 'gone'"):
        measured(shipped, setting, text)


def test_an_answer_that_dies_while_it_is_timed_has_its_verdict(shipped: Shipped, setting: Setting) -> None:
    text = (
        "import os\n"
        + TOP
        + "    memory.append(0)\n    return np.exp(x) * x.dtype.type(gain) if len(memory) < 10 else os._exit(3)\n"
    )
    with pytest.raises(WorkerEnd) as caught:
        measured(shipped, setting, text)
    assert (caught.value.verdict, caught.value.words) == (
        "crashed",
        "it ended itself with exit code 3 while being timed",
    )


def test_writing_to_the_sealed_inputs_ends_in_words(shipped: Shipped, setting: Setting) -> None:
    with pytest.raises(WrongOutput, match=r"it raised ValueError: .*read-only"):
        measured(shipped, setting, TOP + "    x += 1\n" + HONEST)


def test_a_thread_that_goes_on_working_gains_nothing(shipped: Shipped, setting: Setting) -> None:
    """What it does after its call is counted as its own, or it is not timed at all."""
    late = """
go = threading.Event()


def later():
    spare = np.ones((300, 300), np.float32)
    while go.wait():
        go.clear()
        for _ in range(40):
            np.exp(spare)


threading.Thread(target=later, daemon=True).start()
"""
    text = TOP.replace("\n\ndef grow", late + "\n\ndef grow") + "    go.set()\n" + HONEST
    with contextlib.suppress(Unfit):  # it may as well be found out between two blocks
        assert measured(shipped, setting, text).interval[0] > 1.03


def test_a_thread_that_never_rests_is_not_timed(shipped: Shipped, setting: Setting) -> None:
    busy = "import threading\n\n\ndef busy():\n    while True:\n        sum(range(999))\n\n\nthreading.Thread(target=busy, daemon=True).start()\n"
    with pytest.raises(Unfit, match="a thread of it goes on working after its call"):
        measured(shipped, setting, busy + REFERENCE)


def test_patched_clocks_hide_no_work(shipped: Shipped, setting: Setting) -> None:
    """Eleven times the work, done while every clock of the answer's stands still."""
    patched = "import time\n\ntime.perf_counter = time.perf_counter_ns = time.monotonic = time.monotonic_ns = time.process_time = lambda: 0\n"
    found = measured(shipped, setting, patched + TOP + "    for _ in range(10):\n        np.exp(x) * x\n" + HONEST)
    assert found.verdict == "slower"
    assert found.interval[0] > 3


def test_content_that_is_remembered_never_comes_again(shipped: Shipped, setting: Setting) -> None:
    """A memory by all of the content is no lie, and no gain: it pays for the hash and never finds anything."""
    text = (
        TOP
        + "    key = x.tobytes()\n    if key not in known:\n        known[key] = np.exp(x) * x.dtype.type(gain)\n    return known[key]\n"
    )
    assert measured(shipped, setting, text).verdict != "faster"


def test_speed_for_repeated_shapes_alone_is_an_honest_figure(shipped: Shipped, setting: Setting) -> None:
    """Twice the work at first and once when the shape comes again: warm code is what is timed, and its work is done."""
    text = TOP + "    if x.shape not in known:\n        known[x.shape] = np.exp(x)\n" + HONEST
    assert 0.9 < measured(shipped, setting, text).interval[1] < 1.1


def test_peak_memory_sees_short_peaks_and_not_what_was_there_before(shipped: Shipped, setting: Setting) -> None:
    """8 MiB held for ever are no peak of a call; 8 MiB for a moment are."""
    hog = "    spare = np.ones(2**20)\n    del spare\n"
    kept = TOP.replace("memory, known", "held = np.ones(2**20)\nmemory, known")
    peaks = {
        name: measured(shipped, setting, text).samples.peaks
        for name, text in (("hog", TOP + hog + HONEST), ("kept", kept + HONEST))
    }
    assert 8 * 2**20 <= peaks["hog"]["answer"][0] < 9.5 * 2**20
    assert peaks["kept"]["answer"][0] < 2**20
    assert peaks["hog"]["yardstick"][0] < 2**20


def test_two_threads_are_timed_by_the_wall_and_told_so(shipped: Shipped, setting: Setting) -> None:
    found = measured(shipped, replace(setting, threads=2), TOP + HONEST)
    assert found.samples.clock == "wall less delay"
    assert 0.5 < found.interval[1] < 2


def test_threads_that_come_and_go_while_they_are_listed_are_no_bug_of_ours(shipped: Shipped, setting: Setting) -> None:
    """A thread that ends between the listing of /proc and the reading is passed over: here some end all the time."""
    later = "    for ms in range(8):\n        threading.Timer(ms / 1000, int).start()\n"
    for _ in range(3):
        with contextlib.suppress(Unfit):  # it may be found to work between its calls, which is true
            assert measured(shipped, setting, TOP + later + HONEST).verdict != "faster"


def test_a_thread_of_its_own_counts_as_work(shipped: Shipped, setting: Setting) -> None:
    """Half of the work in a thread costs as much CPU time as without it, and a little more."""
    text = """
    out, half = np.empty_like(x), len(x) // 2
    def part(rows):
        for _ in range(10):
            np.exp(x[rows], out=out[rows])
            out[rows] *= x.dtype.type(gain)
    helper = threading.Thread(target=part, args=(slice(half),))
    helper.start()
    part(slice(half, None))
    helper.join()
    return out
"""
    assert measured(shipped, setting, TOP + text).verdict == "slower"


def test_an_answer_that_takes_a_hundred_times_as_long_is_too_slow_not_timed_out(made, setting: Setting) -> None:
    """Its calls stay below the limit of a graded call; a block of many of them does not."""
    shipped = made("slow", spec=SPEC.replace("version=1,", "version=1, limits=Limits(call_s=0.5),").replace("import Cost", "import Limits, Cost"),
                   reference=REFERENCE)  # fmt: skip
    with pytest.raises(TooSlow, match="a call took more than 100 times as long as the yardstick's"):
        measured(shipped, setting, "import time\n" + TOP + "    time.sleep(0.4)\n" + HONEST)


def test_calls_too_short_to_time_are_told(shipped: Shipped) -> None:
    """Nothing is left once the null is subtracted: no figure, rather than a wild one."""
    (plan,) = schedule.plan(shipped, answer.from_text("grow", REFERENCE), "numpy")
    with pytest.raises(Unfit, match="its calls are so short that the overhead hides them"):
        list(clock.timed(plan, sampled((100, 100, 200)), "budget"))


BROKEN = "def grow(x, gain=1):\n    raise ValueError('no')\n"
GONE = "import os\n\n\ndef grow(x, gain=1):\n    os._exit(0)\n"


@pytest.mark.parametrize(("text", "words"), [(BROKEN, "it raised ValueError: no"), (GONE, "crashed, it ended itself")])
def test_an_arm_of_ours_that_fails_is_the_specs_fault_not_the_answers(
    shipped: Shipped, setting: Setting, text: str, words: str
) -> None:
    (plan,) = schedule.plan(shipped, answer.from_text("grow", REFERENCE), "numpy")
    broken = replace(plan, sources=plan.sources | {"yardstick": answer.from_text("grow", text)})
    with pytest.raises(SpecBroken, match=f"the yardstick of .*: {words}"):
        clock.measure(shipped, [broken], setting, seed=7, budget_s=0.3)


def test_a_wrong_timed_output_names_the_part_that_gave_it(shipped: Shipped, setting: Setting) -> None:
    with pytest.raises(WrongOutput) as told:
        measured(shipped, setting, BROKEN)
    assert (told.value.part, str(told.value)) == ("grow", "in a timed call: it raised ValueError: no")
