"""k-means: what seeding and Lloyd's iterations must do, and what they cost.

Labels jump, so inputs keep away from jumps: `clear` draws until each point prefers its nearest centre, at every step, by
MARGIN of the largest squared distance. float32 moves such a difference by about 1e-6. Where ties are meant, all numbers
are small integers and n is a power of two, so that they are exact in any formula, also with the mean as the origin.

Sources: Lloyd 1982, https://doi.org/10.1109/TIT.1982.1056489;
Arthur & Vassilvitskii 2007, https://dl.acm.org/doi/10.5555/1283383.1283494
"""

from itertools import pairwise, permutations

import numpy as np

from harness.spec import (
    FLOAT,
    Array,
    Convention,
    Cost,
    Equivalent,
    Exercise,
    Limits,
    Mistake,
    Part,
    Policy,
    Rng,
    Timing,
    case,
    chi_square,
    holds,
)

MARGIN = 1e-3

# --- lloyd: the oracle ------------------------------------------------------------------------------------------


def lloyd(x, centers, iters):
    """Labels and inertia belong to the centers returned; inertia[t] to the centers after t moves."""
    steps = list(trajectory(x, centers, iters))
    return (
        steps[-1][0],
        steps[-1][1].argmin(axis=1),
        np.array([squares.min(axis=1).sum() for _, squares in steps]),
    )


def trajectory(x, centers, iters):
    """(centers (k, d), squared distances (n, k)) after 0, 1, ..., iters moves."""
    for step in range(iters + 1):
        squares = np.stack([np.square(x - center).sum(axis=1) for center in centers], axis=1)
        yield centers, squares
        if step < iters:
            labels = squares.argmin(axis=1)  # the first of equals
            mine = [x[labels == j] for j in range(len(centers))]
            centers = np.stack([p.mean(axis=0) if len(p) else c for p, c in zip(mine, centers, strict=True)])


def mean_inertia(x, centers, iters):
    centers, labels, inertia = lloyd(x, centers, iters)
    return centers, labels, inertia / len(x)


def labels_before_the_last_move(x, centers, iters):
    labels = lloyd(x, centers, max(iters - 1, 0))[1]
    after, _, inertia = lloyd(x, centers, iters)
    return after, labels, inertia


# --- lloyd: inputs ----------------------------------------------------------------------------------------------


def blobs(rng, n, k, d):
    """Overlapping clouds, and centres drawn like points: some far from any mean."""
    means = 2.0 * rng.standard_normal((k, d))
    return means[rng.integers(k, size=n)] + rng.standard_normal((n, d)), 2.0 * rng.standard_normal((k, d))


def grid(rng, n, k, d):
    return rng.integers(-4, 5, (n, d)).astype(float), rng.integers(-4, 5, (k, d)).astype(float)


def equal_centers(rng, n, k, d):
    x, centers = grid(rng, n, k, d)
    centers[-1] = centers[0]
    return x, centers


def one_far_away(rng, n, k, d):
    x, centers = blobs(rng, n, k, d)
    centers[k // 2] = 20.0
    return x, centers


def its_own_points(rng, n, k, d):
    x = rng.standard_normal((n, d))
    return x, x[rng.permutation(n)]


def separated(rng, n, k, d):
    """Clouds six standard deviations apart in each of d coordinates: wide margins without a search, for large n."""
    means = 6.0 * rng.standard_normal((k, d))
    return means[rng.integers(k, size=n)] + rng.standard_normal((n, d)), means + rng.standard_normal((k, d))


KINDS = {f.__name__: f for f in (blobs, grid, equal_centers, one_far_away, its_own_points, separated)}


def inputs(rng, n=30, k=3, d=2, iters=4, kind="blobs", offset=0.0, ends=""):
    """Points, first centres and steps; `ends` asks that the labels 'move' at each step or 'rest' at the last one."""
    x, centers = clear(rng, KINDS[kind], n, k, d, iters, ends) if kind != "separated" else separated(rng, n, k, d)
    return {"x": x + offset, "centers": centers + offset, "iters": iters}


def clear(rng, draw, n, k, d, iters, ends, tries=200):
    """The first drawing without close calls, or the clearest of so many (only sizes that nobody asked for need it)."""
    best, best_score = None, -1.0
    for _ in range(tries):
        x, centers = draw(rng, n, k, d)
        score = clearness(x, centers, iters, ends, ties=draw in (grid, equal_centers))
        if draw is not its_own_points and cancellation(x, centers) > 10:
            score = 0.0
        if score > best_score:
            best, best_score = (x, centers), score
        if score > MARGIN:
            break
    return best


def clearness(x, centers, iters, ends, ties):
    """The narrowest preference at any step, relative; 0 where the ending is not as asked, or ties are and none is there."""
    steps = [squares for _, squares in trajectory(x, centers, iters)]
    labels = [squares.argmin(axis=1) for squares in steps]
    moves = [bool((before != after).any()) for before, after in pairwise(labels)]
    if (ends == "move" and not all(moves)) or (ends == "rest" and any(moves[-1:])):
        return 0.0
    if steps[0].shape[1] == 1:
        return 1.0
    two = [np.sort(squares, axis=1)[:, :2] for squares in steps]
    gaps = [float((pair[:, 1] - pair[:, 0]).min() / squares.max()) for pair, squares in zip(two, steps, strict=True)]
    if ties:  # exact at the first step, not allowed later
        return min([1.0, *gaps[1:]]) if gaps[0] == 0 else 0.0
    return min(gaps)


def cancellation(x, centers):
    """How much larger the terms of |x|^2 - 2 x.c + |c|^2 are than their sum: that formula loses so many eps, and is allowed."""
    squares = np.stack([np.square(x - center).sum(axis=1) for center in centers], axis=1)
    terms = np.square(x).sum() + np.square(centers[squares.argmin(axis=1)]).sum()
    return terms / max(squares.min(axis=1).sum(), 1e-300)


# --- lloyd: properties ------------------------------------------------------------------------------------------


def the_risk_never_rises(answer, x, check):
    """Neither giving points to nearer centres nor moving centres to means can raise the sum of squared distances."""
    inertia = answer(**x)[2]
    check.true(
        np.diff(inertia) <= 64 * np.finfo(check.dtype).eps * inertia[:-1],
        "inertia rises from one step to the next",
    )


def labels_and_risk_belong_to_the_centers_returned(answer, x, check):
    """Each label names the nearest of the returned centres, and the last inertia is their sum of squared distances."""
    centers, labels, inertia = answer(**x)
    check.true((labels >= 0) & (labels < len(centers)), "a label is no index of a centre")
    points, centers = x["x"].astype(np.float64), centers.astype(np.float64)
    squares = np.square(points[:, None] - centers).sum(axis=2)
    got, best = np.take_along_axis(squares, labels[:, None], axis=1)[:, 0], squares.min(axis=1)
    check.true(
        got - best <= 256 * np.finfo(check.dtype).eps * squares.max(),
        "a label names a centre that is not the nearest",
    )
    check.close(inertia[-1], best.sum(), "the last inertia", slack=4)


def at_rest_it_stays(answer, x, check):
    """Once no label changes, going on from the returned centres changes nothing."""
    centers, labels, _ = answer(**x)
    after, labels_after, _ = answer(x=x["x"], centers=centers, iters=2)
    check.close(after, centers, "centers after two more steps")
    check.equal(labels_after, labels, "labels after two more steps differ")


def as_many_centers_as_points_leave_no_risk(answer, x, check):
    """With each point a centre, each point is its own nearest centre and the risk is 0: the optimism of training error."""
    centers, labels, inertia = answer(**x)
    points = x["x"].astype(np.float64)
    check.true(np.abs(inertia) <= 64 * np.finfo(check.dtype).eps * np.square(points).sum(), "inertia is not 0")
    check.close(centers[labels], points, "the centre of each point")


def moving_space_moves_the_centers(answer, x, check):
    """Shift and reflect points and centres together: the same labels and risks, and centres shifted and reflected."""
    centers, labels, inertia = answer(**x)
    v = np.arange(1.0, x["x"].shape[1] + 1)
    shift = np.full(len(v), 3.0)
    mirror = np.eye(len(v)) - 2 * np.outer(v, v) / (v @ v)
    moved = answer(x=x["x"] @ mirror + shift, centers=x["centers"] @ mirror + shift, iters=x["iters"])
    check.close(moved[0], centers @ mirror + shift, "centers", slack=2)
    check.equal(moved[1], labels, "labels differ")
    check.close(moved[2], inertia, "inertia", slack=4)


def the_order_of_centers_only_renames_them(answer, x, check):
    """Listing the first centres backwards lists the last ones backwards, and renames the labels."""
    centers, labels, inertia = answer(**x)
    backwards = answer(x=x["x"], centers=x["centers"][::-1].copy(), iters=x["iters"])
    check.close(backwards[0][::-1], centers, "centers")
    check.equal(len(centers) - 1 - backwards[1], labels, "labels differ")
    check.close(backwards[2], inertia, "inertia")


# --- kmeanspp ---------------------------------------------------------------------------------------------------

RADII = np.array([0.0, 1.0, 2.5, 5.0, 8.0, 12.0])


def seeding_inputs(rng, n=4, k=2, d=2, copies=0, draws=400):
    """n points at very different distances along one direction, a little beside it; `copies` more rows equal the first."""
    direction = rng.standard_normal(d)
    direction /= np.sqrt(direction @ direction)
    radii = RADII[np.arange(n) % len(RADII)] + 12.0 * (np.arange(n) // len(RADII))
    x = radii[:, None] * direction + 0.1 * rng.standard_normal((n, d))
    x = np.concatenate([x, np.repeat(x[:1], copies, axis=0)])
    return {"x": rng.permutation(x), "k": k, "rng": Rng(int(rng.integers(2**62))), "draws": draws}


def seeding_outputs(x, k, rng, draws):
    return Array(FLOAT, (draws, k, x.shape[1]))


def p_value(inputs, outputs):
    """Pearson's test of the ordered choice of distinct points, whose law is known exactly; 0 for a centre that is no row.

    Centres beyond the number of different points may be any rows.
    """
    points, copies = np.unique(inputs["x"], axis=0, return_counts=True)
    same = (outputs[:, :, None, :] == points).all(axis=-1)  # (draws, k, points)
    if not same.any(axis=2).all():
        return 0.0
    count = min(inputs["k"], len(points))
    code = same.argmax(axis=2)[:, :count] @ len(points) ** np.arange(count)
    law = np.zeros(len(points) ** count)
    for order in permutations(range(len(points)), count):
        law[np.array(order) @ len(points) ** np.arange(count)] = chance(order, points, copies)
    return chi_square(*pooled(np.bincount(code, minlength=len(law)), law))


def chance(order, points, copies):
    """The probability that kmeanspp chooses these distinct points in this order."""
    result = copies[order[0]] / copies.sum()
    nearest = np.square(points - points[order[0]]).sum(axis=1)
    for index in order[1:]:
        result *= copies[index] * nearest[index] / (copies @ nearest)
        nearest = np.minimum(nearest, np.square(points - points[index]).sum(axis=1))
    return result


def pooled(counts, law, least=10.0):
    """Counts and law with the rarest possible outcomes joined until they are expected `least` times together.

    chi_square joins what is expected fewer than 5 times, but that sum may still be too small for the law of chi square.
    """
    possible = law > 0
    order = np.argsort(law[possible])
    counts_there, law_there = counts[possible][order], law[possible][order]
    rare = max(1, 1 + int(np.searchsorted(np.cumsum(law_there) * counts.sum(), least)))
    joined_counts = np.concatenate([[counts_there[:rare].sum()], counts_there[rare:], [counts[~possible].sum()]])
    return joined_counts, np.concatenate([[law_there[:rare].sum()], law_there[rare:], [0.0]])


# --- cost, mistakes ---------------------------------------------------------------------------------------------


def cost(n, k, d, iters, itemsize, **_):
    """3 flops for each point, centre and coordinate at each of iters + 1 assignments; points and centres read at each."""
    return Cost(flops=3 * n * k * d * (iters + 1), bytes_moved=itemsize * (n * d + k * d) * (iters + 1))


CHOICE = 'min(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"), n - 1)'
DISTANCE = "return ((x - center) ** 2).sum(axis=1)"

MISTAKES = (
    Mistake(
        "centers from the labels of the step before",
        "centers = move(x, labels, centers)",
        "centers, stale = move(x, stale if step else labels, centers), labels",
        "labels still changing",
    ),
    Mistake("the mean of no points (nan)", "if mine.any():", "if True:", "a centre without points"),
    Mistake(
        "a centre without points jumps to the origin",
        "moved = centers.copy()",
        "moved = np.zeros_like(centers)",
        "a centre without points",
    ),
    Mistake(
        "ties to the higher index",
        "distances.argmin(axis=0)",
        "len(centers) - 1 - distances[::-1].argmin(axis=0)",
        "ties",
    ),
    Mistake(
        "|x|^2 - 2 x.c + |c|^2 without moving the origin",
        DISTANCE,
        "return (x**2).sum(axis=1) - 2 * (x @ center) + center @ center",
        "far from the origin",
    ),
    Mistake(
        "inertia of distances, not of their squares",
        "distances.min(axis=0).sum()",
        "np.sqrt(distances.min(axis=0)).sum()",
        "three clouds",
    ),
    Mistake(
        "all n k d differences at once",
        "distances = np.stack([squared_distances(x, center) for center in centers])",
        "distances = ((x - centers[:, None]) ** 2).sum(axis=2)",
        "memory_mb",
    ),
    Mistake(
        "seeding by the distance, not its square",
        "np.cumsum(nearest, dtype=np.float64)",
        "np.cumsum(np.sqrt(nearest))",
        "the second centre",
    ),
    Mistake(
        "seeding by the distance to the latest centre alone",
        "np.minimum(nearest, squared_distances(x, x[chosen[-1]]))",
        "squared_distances(x, x[chosen[-1]])",
        "the third centre",
    ),
    Mistake("the distances to the third centre are forgotten", "x[chosen[-1]]", "x[chosen[1]]", "the fourth centre"),
    Mistake("seeding with the farthest point", CHOICE, "nearest.argmax()", "the second centre"),
    Mistake("seeding uniformly", CHOICE, "rng.integers(n)", "the second centre"),
    Mistake(
        "the first centre is always the first row",
        "chosen = [rng.integers(n)]",
        "chosen = [0]",
        "the first centre",
    ),
    Mistake(
        "a generator of its own, the same in each call",
        "chosen = [rng.integers(n)]",
        "rng = np.random.default_rng(0)\n    chosen = [rng.integers(n)]",
        "the first centre",
    ),
    Mistake(
        "greedy seeding, several trials for each centre",
        file="mistakes/greedy_seeding.py",
        caught_by="the second centre",
    ),
    Mistake(
        "weights divided by a sum that is 0",
        CHOICE,
        "rng.choice(n, p=nearest / nearest.sum())",
        "more centres than different points",
    ),
)

SYMMETRIC = "a difference and its opposite have one square"

LLOYD = Part(
    name="lloyd",
    inputs=inputs,
    oracle=lloyd,
    cases=(
        case("three clouds"),
        case("no step", iters=0, why="only labels and inertia[0] of the centres given"),
        case("one step", iters=1),
        case("labels still changing", n=40, k=4, iters=3, ends="move"),
        case("one centre", k=1, why="it moves to the mean of all points"),
        case("one point", n=1, k=1, d=3),
        case("one dimension", n=17, k=2, d=1),
        case("many dimensions", n=40, k=5, d=17, iters=3),
        case(
            "ties",
            n=32,
            kind="grid",
            iters=0,
            mark="robust",
            why="a point halfway between two centres goes to the lower index",
        ),
        case("ties, then a step", n=32, kind="grid", iters=1, mark="robust"),
        case(
            "equal centres",
            n=32,
            kind="equal_centers",
            iters=1,
            mark="robust",
            why="the lower takes all, the other stays",
        ),
        case("a centre without points", kind="one_far_away", mark="robust", why="it stays where it is"),
        case("more centres than points", n=3, k=5, iters=2, mark="robust"),
        case(
            "far from the origin",
            offset=1000.0,
            iters=0,
            mark="robust",
            why="|x|^2 - 2 x.c + |c|^2 cancels there",
        ),
        case(
            "many points",
            n=4096,
            k=64,
            d=64,
            iters=0,
            kind="separated",
            mark="robust",
            why="n k d differences are 134 MB in float64",
        ),
    ),
    properties=(
        holds(the_risk_never_rises, n=50, k=4, iters=8),
        holds(labels_and_risk_belong_to_the_centers_returned, n=40, k=4, iters=2),
        holds(at_rest_it_stays, n=20, iters=12, ends="rest"),
        holds(as_many_centers_as_points_leave_no_risk, n=8, k=8, d=3, iters=2, kind="its_own_points"),
        holds(moving_space_moves_the_centers, n=25, d=3, iters=3),
        holds(the_order_of_centers_only_renames_them, n=25, iters=3),
    ),
    conventions=(
        Convention("inertia as the mean, not the sum, over the points", mean_inertia),
        Convention("labels of the last assignment, before the last move", labels_before_the_last_move),
    ),
)

KMEANSPP = Part(
    name="kmeanspp",
    inputs=seeding_inputs,
    p_value=p_value,
    outputs=seeding_outputs,
    cases=(
        case("the first centre", n=6, k=1, draws=400, why="uniform over the rows"),
        case("the second centre", n=4, k=2, draws=400, why="probability proportional to the squared distance"),
        case(
            "the third centre",
            n=4,
            k=3,
            d=3,
            draws=400,
            why="the distance to the nearest of both centres counts",
        ),
        case("the fourth centre", n=4, k=4, d=3, draws=400, why="each centre lowers the distances, the third as well"),
        case(
            "copies of a point",
            n=3,
            k=2,
            copies=3,
            draws=400,
            mark="robust",
            why="four equal rows weigh four times",
        ),
        case(
            "more centres than different points",
            n=2,
            k=4,
            copies=2,
            draws=200,
            mark="robust",
            why="distances that are all 0",
        ),
    ),
)

EXERCISE = Exercise(
    version=2,
    parts=(LLOYD, KMEANSPP),
    timings=(
        Timing(
            case("the size of digits", n=1797, k=10, d=64, iters=5, kind="separated"),
            cost,
            part="lloyd",
            scaling="n",
            yardstick={
                "numpy": "matrix_products.py",
                "torch": "matrix_products.py",
                "cupy": "matrix_products.py",
            },
            fresh="draw",
        ),
    ),
    policy=Policy(
        banned=("base", "sklearn", "scipy.cluster", "torch.cdist"),
        earns=("sklearn.cluster.KMeans", "sklearn.cluster.kmeans_plusplus"),
        backends=("numpy", "torch", "cupy"),
    ),
    limits=Limits(memory_mb=88),  # the answer's own, on top of libraries and the judge's arenas
    mistakes=MISTAKES,
    equivalent=(
        Equivalent(
            "kmeanspp",
            "nearest = squared_distances(x, x[chosen[0]])",
            "nearest = squared_distances(x[chosen[0]], x)",
            SYMMETRIC,
        ),
        Equivalent(
            "kmeanspp",
            "nearest = np.minimum(nearest, squared_distances(x, x[chosen[-1]]))",
            "nearest = np.minimum(nearest, squared_distances(x[chosen[-1]], x))",
            SYMMETRIC,
        ),
        Equivalent(
            "assign",
            "distances = np.stack([squared_distances(x, center) for center in centers])",
            "distances = np.stack([squared_distances(center, x) for center in centers])",
            SYMMETRIC,
        ),
        Equivalent(
            "move",
            "for j in range(len(centers)):",
            "for j in range(len(centers) + 1):",
            "no label is as large as the number of centres",
        ),
    ),
    hints=(
        "Lloyd is two functions in turn: give each point to its nearest centre; move each centre to the mean of its points. "
        "What does each of them do to the sum of squared distances, and what is the mean of no points?",
        "Seeding needs one array: for each point the squared distance to the nearest centre so far. A new centre can only "
        "lower it. To draw in proportion to it, take its cumulative sum and find where a uniform number times the total falls.",
        "nearest = minimum(nearest, sum((x - c)^2)); next row = searchsorted(cumsum(nearest), rng.random() * total, "
        "side='right'), at most n - 1. In lloyd assign once more after the last move, so that labels and inertia belong to "
        "the centres returned; argmin gives the first of equals; skip the move where no label equals j.",
    ),
)
