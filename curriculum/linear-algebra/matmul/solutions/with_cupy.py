"""A tiled product in CUDA C, called from CuPy: what shared memory and registers are for.

With one thread an entry and nothing shared, every product of two numbers costs two reads from memory. Here a block of 256 threads
copies a strip of 64 x 16 of a and one of 16 x 64 of b into shared memory, and each thread keeps 4 x 4 sums in
registers: a number fetched from memory serves 64 products, one fetched from shared memory 4.
"""

import cupy

SOURCE = r"""
constexpr int TILE = 64;   // a block computes TILE x TILE entries
constexpr int INNER = 16;  // from strips of this depth
constexpr int EACH = 4;    // a thread computes EACH x EACH of them, 16 rows and 16 columns apart
constexpr int SIDE = TILE / EACH;
constexpr int THREADS = SIDE * SIDE;

template <typename T>
__global__ void matmul(const T* a, const T* b, T* out, int m, int k, int n,
                       long long a_row, long long a_column, long long b_row, long long b_column) {
    // One column more than needed: else the 16 rows that a warp writes at once would lie in the same bank.
    __shared__ T a_strip[INNER][TILE + 1], b_strip[INNER][TILE + 1];
    const int thread = threadIdx.x, x = thread % SIDE, y = thread / SIDE;
    const long long first_row = (long long)blockIdx.y * TILE, first_column = (long long)blockIdx.x * TILE;
    T sums[EACH][EACH] = {};

    for (int first = 0; first < k; first += INNER) {
        for (int i = thread; i < TILE * INNER; i += THREADS) {
            // Neighbouring threads read neighbouring numbers: along the rows of a, and along the rows of b.
            const int p = i % INNER, r = i / INNER, q = i / TILE, c = i % TILE;
            const bool in_a = first_row + r < m && first + p < k, in_b = first + q < k && first_column + c < n;
            a_strip[p][r] = in_a ? a[(first_row + r) * a_row + (first + p) * a_column] : T(0);
            b_strip[q][c] = in_b ? b[(first + q) * b_row + (first_column + c) * b_column] : T(0);
        }
        __syncthreads();  // the strips are complete
        for (int p = 0; p < INNER; ++p) {
            T left[EACH], right[EACH];
            for (int i = 0; i < EACH; ++i) {
                left[i] = a_strip[p][y + SIDE * i];
                right[i] = b_strip[p][x + SIDE * i];
            }
            for (int i = 0; i < EACH; ++i)
                for (int j = 0; j < EACH; ++j) sums[i][j] += left[i] * right[j];
        }
        __syncthreads();  // nobody reads them any more
    }
    for (int i = 0; i < EACH; ++i)
        for (int j = 0; j < EACH; ++j) {
            const long long row = first_row + y + SIDE * i, column = first_column + x + SIDE * j;
            if (row < m && column < n) out[row * n + column] = sums[i][j];
        }
}
"""
TILE, THREADS = 64, 256  # as above
TYPES = {"float32": "matmul<float>", "float64": "matmul<double>"}

_module = cupy.RawModule(code=SOURCE, options=("-std=c++17",), name_expressions=tuple(TYPES.values()))


def matmul(a, b):
    (m, k), (inner, n) = a.shape, b.shape
    if inner != k:
        raise ValueError(f"inner sizes differ: a is {m} x {k}, b is {inner} x {n}")
    out = cupy.empty((m, n), a.dtype)
    if m and n:  # an empty grid is an error
        strides = [stride // a.itemsize for stride in (*a.strides, *b.strides)]
        grid = (-(-n // TILE), -(-m // TILE))
        arguments = (a, b, out, *map(cupy.int32, (m, k, n)), *map(cupy.int64, strides))
        _module.get_function(TYPES[a.dtype.name])(grid, (THREADS,), arguments)
    return out
