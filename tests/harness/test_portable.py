"""Portable mode: what macOS and Windows get, tried on Linux, at last with everything taken away that they do not have."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

REFERENCE = next((Path(__file__).resolve().parents[2] / "curriculum").glob("*/softmax/solutions/reference.py"))
OPTIONS = ("--portable",)

# Names that Windows, or macOS, does not have; in the judge and in its workers.
WITHOUT = """
import os, selectors, signal, socket, select, subprocess, sys, tempfile
import numpy, psutil, scipy.special  # which ask the system themselves, and would ask another one otherwise
for module, names in {
    os: "fork forkpty memfd_create pidfd_open pipe2 sched_getaffinity sched_setaffinity getuid geteuid getgid uname"
        " sysconf getloadavg wait3 wait4 setsid",
    signal: "pidfd_send_signal SIGSTOP SIGCONT SIGXCPU",
    socket: "AF_UNIX SCM_RIGHTS MSG_CMSG_CLOEXEC socketpair",
    select: "poll epoll",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.modules.update(dict.fromkeys(("fcntl", "pwd", "grp")))
"""


def test_a_right_answer_passes_and_its_report_says_how(place: Any) -> None:
    found = place.grade(place.write("mine.py", REFERENCE.read_text("utf-8")), *OPTIONS)
    assert (found.code, found.json["verdict"], found.json["sandbox"]) == (0, "passed", "none")
    assert found.json["marks"] == {"correct": True, "robust": True, "gradient": True, "efficient": None, "expert": None}


@pytest.mark.parametrize(
    ("text", "verdict", "words"),
    [
        ("def softmax(x, axis=-1, temperature=1.0):\n    return x\n", "failed", "checks failed"),
        ("import os\n\n\ndef softmax(x, axis=-1, temperature=1.0):\n    os._exit(3)\n", "crashed", "exit code 3"),
        ("import os\n\n\ndef softmax(x, axis=-1, temperature=1.0):\n    os.abort()\n", "crashed", "died of signal 6"),
        ("raise RuntimeError('no')\n", "did not load", "RuntimeError: no"),
        ("import os\nos.close(1)\nprint('to nobody')\n", "not written yet", "still to write"),
    ],
    ids=["wrong", "exits", "aborts", "raises at import", "closes its output"],
)
def test_a_wrong_answer_has_its_verdict(place: Any, text: str, verdict: str, words: str) -> None:
    found = place.grade(place.write("mine.py", text), *OPTIONS)
    assert (found.code, found.json["verdict"]) == (1, verdict), found.json["message"]
    assert words in found.json["message"]


def test_an_endless_call_and_endless_output_are_stopped(impatient: Any) -> None:
    loop = "def softmax(x, axis=-1, temperature=1.0):\n    while True:\n        {}\n"
    asleep = impatient.grade(impatient.write("mine.py", loop.format("pass")), *OPTIONS)
    chatty = impatient.grade(impatient.write("mine.py", loop.format("print('x' * 100_000)")), *OPTIONS)
    assert (asleep.json["verdict"], chatty.json["verdict"]) == ("timed out", "crashed"), chatty.json["message"]
    assert "printed more than" in chatty.json["message"]


def test_a_killed_judge_leaves_no_worker_in_an_endless_call(place: Any) -> None:
    """Its folder stays, as nobody is left to take it away."""
    mark = place.root / "begun"
    text = f"def softmax(x, axis=-1, temperature=1.0):\n    open({str(mark)!r}, 'w').close()\n    while True:\n        pass\n"
    answer = place.write("mine.py", text)
    judge = place.start("run", "softmax", "--answer", str(answer), "--portable", "--quick", "--no-save")
    while not mark.exists():
        assert judge.poll() is None
        time.sleep(0.01)
    judge.kill()
    judge.communicate()
    assert place.left_over(judge.pid) == []


def test_what_it_printed_is_in_the_report_and_never_in_the_channel(place: Any) -> None:
    text = "import sys\nprint('hello')\nsys.stdout.buffer.write(b'\\x05\\0\\0\\0forged')\n" + REFERENCE.read_text(
        "utf-8"
    )
    found = place.grade(place.write("mine.py", text), *OPTIONS)
    assert (found.json["verdict"], "hello" in found.json["printed"]) == ("passed", True)


def test_times_are_the_walls_and_earn_no_mark(place: Any) -> None:
    answer = place.write("mine.py", REFERENCE.read_text("utf-8"))
    found = place.run(
        "run", "softmax", "--answer", str(answer), "--portable", "--budget", "1", "--json", "--no-save"
    ).json
    assert {timing["clock"] for timing in found["timings"]} == {"wall"}
    assert (found["marks"]["efficient"], found["mark_notes"]["efficient"][:8]) == (None, "advisory")


def test_a_device_and_other_backends_are_refused(place: Any) -> None:
    found = place.run("run", "softmax", "--portable", "--backend", "triton")
    assert (found.code, "portable mode is for numpy and torch on the CPU" in found.stderr) == (2, True)


def test_it_works_where_there_is_no_fork_no_unix_socket_and_no_file_lock(place: Any) -> None:
    answer = place.write("mine.py", REFERENCE.read_text("utf-8"))
    program = f"""{WITHOUT}
from harness import portable
portable.COMMAND = (sys.executable, "-I", "-B", "-c", {WITHOUT!r} + "from harness.portable_worker import main; main()")
from tracker.entry import enter
sys.argv = ["harness", "run", "softmax", "--portable", "--answer", {str(answer)!r}, "--no-save", "--budget", "1"]
enter("harness.cli", "harness")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=place.root, capture_output=True, text=True, timeout=300)
    assert (done.stderr, done.returncode, "passed" in done.stdout) == ("", 0, True)
