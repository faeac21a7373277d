"""The CUDA C kernel of matmul: nvcc takes it, and on the CPU, with a fiber for each of the GPU's threads, it gives the product."""

import ast
import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

FILE = Path(__file__).parents[2] / "curriculum" / "linear-algebra" / "matmul" / "solutions" / "with_cupy.py"
ARGUMENTS = "const T*, const T*, T*, int, int, int, long long, long long, long long, long long"
INSTANCES = "".join(
    f"template __global__ void matmul<{t}>({ARGUMENTS.replace('T*', f'{t}*')});\n" for t in ("float", "double")
)
CPU = r"""
#include <ucontext.h>
#include <functional>
#include <vector>
#define __global__
#define __shared__ static
struct Index { int x, y; };
static Index threadIdx, blockIdx;
static ucontext_t scheduler, fibers[1024];
static std::function<void()> kernel;
static int running;
static void __syncthreads() { swapcontext(&fibers[threadIdx.x], &scheduler); }
static void body() { kernel(); --running; }
"""
# Every thread of a block is a fiber; each runs until it waits for the others, or has ended.
LAUNCH = r"""
static std::vector<char> stacks(THREADS * 65536);
static void run_block() {
    for (int t = 0; t < THREADS; ++t) {
        getcontext(&fibers[t]);
        fibers[t].uc_stack.ss_sp = &stacks[t * 65536];
        fibers[t].uc_stack.ss_size = 65536;
        fibers[t].uc_link = &scheduler;
        makecontext(&fibers[t], body, 0);
    }
    for (running = THREADS; running > 0;)
        for (int t = 0; t < THREADS; ++t) {
            threadIdx.x = t;
            swapcontext(&scheduler, &fibers[t]);
        }
}
template <typename T>
static void launch(const T* a, const T* b, T* out, int m, int k, int n, const long long* s) {
    kernel = [=] { matmul<T>(a, b, out, m, k, n, s[0], s[1], s[2], s[3]); };
    for (blockIdx.y = 0; blockIdx.y * TILE < m; ++blockIdx.y)
        for (blockIdx.x = 0; blockIdx.x * TILE < n; ++blockIdx.x) run_block();
}
#define FOR(T, NAME) extern "C" void launch_##NAME(const T* a, const T* b, T* out, int m, int k, int n, const long long* s) { launch(a, b, out, m, k, n, s); }
FOR(float, float32)
FOR(double, float64)
"""  # fmt: skip


def constants():
    """What the solution's module says, read without importing it: there may be no CuPy."""
    body = ast.parse(FILE.read_text("utf-8")).body
    simple = [
        node for node in body if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.Tuple))
    ]
    names = {}
    for node in simple:
        value, target = ast.literal_eval(node.value), node.targets[0]
        several = isinstance(target, ast.Tuple)
        names |= dict(zip([t.id for t in target.elts], value, strict=True)) if several else {target.id: value}
    return names


def test_nvcc_compiles_it(tmp_path):
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("nvcc is not installed")
    source, ptx = tmp_path / "matmul.cu", tmp_path / "matmul.ptx"
    source.write_text(constants()["SOURCE"] + INSTANCES)
    flags = ["-ptx", "-arch=sm_80", "-std=c++17", "-Werror", "all-warnings"]
    subprocess.run([nvcc, *flags, str(source), "-o", str(ptx)], check=True, timeout=60)
    assert {f"matmulI{letter}E" in ptx.read_text() for letter in "fd"} == {True}


@pytest.fixture(scope="module")
def on_cpu(tmp_path_factory):
    """`on_cpu(a, b)`: the kernel, compiled for the CPU, on a grid of one block after the other."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed")
    folder = tmp_path_factory.mktemp("matmul")
    (folder / "matmul.cpp").write_text(CPU + constants()["SOURCE"] + LAUNCH)
    library = str(folder / "matmul.so")
    flags = ["-std=c++20", "-O1", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, str(folder / "matmul.cpp"), "-o", library], check=True, timeout=60)
    loaded = ctypes.CDLL(library)

    def matmul(a, b):
        out = np.full((a.shape[0], b.shape[1]), np.nan, a.dtype)
        strides = (ctypes.c_longlong * 4)(*(s // a.itemsize for s in (*a.strides, *b.strides)))
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (a, b, out)]
        getattr(loaded, f"launch_{a.dtype.name}")(*pointers, a.shape[0], a.shape[1], b.shape[1], strides)
        return out

    return matmul


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [(3, 4, 5), (67, 35, 41), (64, 16, 64), (1, 130, 1), (70, 0, 3)])
def test_on_the_cpu_it_gives_the_product(on_cpu, dtype, sizes):
    m, k, n = sizes
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
    np.testing.assert_allclose(on_cpu(a, b), a @ b, rtol=0, atol=200 * np.finfo(dtype).eps)


def test_strides_may_be_anything(on_cpu):
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((35, 67)).T, rng.standard_normal((35, 82))[:, ::2]
    np.testing.assert_allclose(on_cpu(a, b), a @ b, atol=1e-13)


def test_the_launch_has_the_kernels_sizes():
    found = constants()
    tile, each = (int(found["SOURCE"].split(f"{name} = ")[1].split(";")[0]) for name in ("TILE", "EACH"))
    assert (found["TILE"], found["THREADS"]) == (tile, (tile // each) ** 2)
