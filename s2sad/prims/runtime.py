"""The helpers of generated code. Their source is written into the generated module, so that it needs NumPy alone:
each is self-contained, uses ``np`` and nothing else, and has a docstring of one line.

They take shapes and not arrays, so that a derivative that needs only a shape does not keep an array alive.
"""

import math
import statistics

import numpy as np


def unbroadcast(x, shape):
    """Sum x over the axes along which an array of this shape was broadcast to the shape of x."""
    extra = np.ndim(x) - len(shape)
    if extra < 0:
        return np.broadcast_to(x, shape)
    spread = tuple(range(extra)) + tuple(k + extra for k, n in enumerate(shape) if n == 1 != x.shape[k + extra])
    if not spread:
        return x
    return np.add.reduce(x, spread).reshape(shape) if shape else np.add.reduce(x, spread)


def expand_reduced(g, shape, axis=None, keepdims=False):
    """Repeat the result g of a reduction over axis, to the shape of what was reduced."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape) if shape else g


def masked_product(g, x):
    """Product g * x that is 0 where g is 0, even where x is infinite or nan: what was not selected stays out."""
    if isinstance(g, float) and isinstance(x, float):
        return g * x if g != 0.0 else 0.0 * g
    with np.errstate(invalid="ignore"):
        product = g * x
    return np.where(g == 0, 0.0, product) if np.isnan(np.min(product, initial=0.0)) else product


def zero_of(x):
    """Zero of the tangent space of x: float zeros for an array, item by item for containers."""
    if isinstance(x, np.ndarray | np.generic):
        return np.zeros(x.shape, x.dtype if x.dtype.kind in "fc" else float)[()]
    if isinstance(x, dict):
        return {key: zero_of(value) for key, value in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(zero_of, x))
    if isinstance(x, list | tuple):
        return type(x)(map(zero_of, x))
    return 0j if isinstance(x, complex) else 0.0


def added(x, y):
    """Sum of two tangents or cotangents of one value, item by item for containers."""
    if isinstance(x, dict):
        return {key: added(value, y[key]) for key, value in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(added, x, y))
    if isinstance(x, list | tuple):
        return type(x)(map(added, x, y))
    return x + y


def add_at(a, index, values):
    """Add values to a[index], as often as an index is there: np.add.at, which is faster for numbers than for rows."""
    if a.size > 10 * np.size(values) or np.size(values) == 0 or not a.flags.c_contiguous:
        np.add.at(a, index, values)
        return
    index = index if isinstance(index, tuple) else (index,)
    first, rest = a.shape[: len(index)], a.shape[len(index) :]
    rows = np.arange(np.prod(first)).reshape(first)[index]
    values = np.broadcast_to(values, rows.shape + rest)
    width = int(np.prod(rest))
    cells = rows.reshape(-1, 1) * width + np.arange(width)
    np.add.at(a.reshape(-1), cells.ravel(), values.ravel())


def of_shape(x, shape, what):
    """Return x, which has to be of this shape."""
    if np.shape(x) != shape:
        raise ValueError(f"{what} is of shape {np.shape(x)}, and has to be of shape {shape}")
    return x


def run_solver(solver, f, x0, args=()):
    """Run a solver from x0 on f as a function of x alone."""
    x = np.array(solver(lambda x: f(x, *args), x0), float)
    if x.shape != np.shape(x0):
        raise ValueError(f"the solver gives shape {x.shape} for a solution of shape {np.shape(x0)}")
    return float(x) if isinstance(x0, float) else x


def iterated(f, x0, args=(), tol=1e-12, maxiter=1000):
    """Apply f again and again, until x changes by no more than tol of its size."""
    x = x0
    for _ in range(maxiter):
        old, x = x, f(x, *args)
        if np.all(np.abs(x - old) <= tol * np.maximum(1.0, np.abs(x))):
            return x
    raise RuntimeError(f"the iteration has not come to rest after {maxiter} steps")


def leaves_of(x):
    """List the numbers and arrays in tuples, lists and dicts."""
    if isinstance(x, dict):
        x = list(x.values())
    return sum(map(leaves_of, x), []) if isinstance(x, list | tuple) else [x]


def like(x, leaves):
    """Put the numbers and arrays that an iterator gives into a container like x."""
    if isinstance(x, dict):
        return {key: like(item, leaves) for key, item in x.items()}
    return type(x)([like(item, leaves) for item in x]) if isinstance(x, list | tuple) else next(leaves)


def in_order(x, x0):
    """Put the keys of dicts into the order that they have in x0."""
    if isinstance(x0, dict):
        return {key: in_order(x[key], item) for key, item in x0.items()}
    return type(x0)(map(in_order, x, x0)) if isinstance(x0, list | tuple) else x


def run_solver_parts(solver, f, x0, args=()):
    """Run a solver from x0 on f as a function of a container of numbers and arrays."""
    return in_order(solver(lambda x: like(x0, iter(f(*leaves_of(in_order(x, x0)), *args))), x0), x0)


def iterated_parts(f, x0, args=(), tol=1e-12, maxiter=1000):
    """Apply f again and again, until the numbers and arrays in x change by no more than tol of their sizes."""
    x = leaves_of(x0)
    for _ in range(maxiter):
        old, x = x, f(*x, *args)
        if all(np.all(np.abs(a - b) <= tol * np.maximum(1.0, np.abs(a))) for a, b in zip(x, old, strict=True)):
            return like(x0, iter(x))
    raise RuntimeError(f"the iteration has not come to rest after {maxiter} steps")


def difference_dot(f, args, dots, ans, kwargs=None, step=None, method="central"):
    """Directional derivative of f(*args, **kwargs) by a difference: dots has a tangent for what moves, None else."""
    pairs = [(x, d) for x, d in zip(args, dots, strict=True) if d is not None]
    size = max([1.0, *(np.max(np.abs(np.where(d != 0, x, 0.0)), initial=0.0) for x, d in pairs)])
    length = max([np.max(np.abs(d), initial=0.0) for _, d in pairs], default=0.0)
    h = (step or (6e-6 if method == "central" else 1e-30)) * size / (length or 1.0)

    def moved(h):
        return f(*[x if d is None else x + h * d for x, d in zip(args, dots, strict=True)], **(kwargs or {}))

    return np.imag(moved(1j * h)) / h if method == "complex" else (moved(h) - moved(-h)) / (2 * h)


def difference_bar(f, args, k, bar, kwargs=None, step=None, method="central"):
    """Cotangent of args[k] by differences of f(*args, **kwargs), one number at a time."""
    x = np.asarray(args[k], float)
    out = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        dot = np.zeros_like(x)
        dot[i] = 1.0
        dots = [dot[()] if n == k else None for n in range(len(args))]
        out[i] = np.sum(bar * difference_dot(f, args, dots, None, kwargs, step, method))
    return out[()] if x.shape else float(out)


def share(x, y):
    """How much of the greater of two numbers x is: all, nothing, or half where they tie."""
    return 1.0 if x > y else 0.5 if x == y else 0.0


def share_of_first(x, y):
    """How much of max(x, y) x is: all where y is not greater, nothing, or half where they tie."""
    return 0.0 if y > x else 0.5 if x == y else 1.0


def greater(x, y):
    """Return the greater of two numbers, x where neither is, as Python's max does it."""
    return np.where(y > x, y, x)[()]


def lesser(x, y):
    """Return the lesser of two numbers, x where neither is, as Python's min does it."""
    return np.where(y < x, y, x)[()]


def reciprocal_or_zero(x):
    """Return 1 / x, and 0 where x is 0."""
    return (x != 0) / (x + (x == 0))


def of_parts(real, imag):
    """Make complex numbers of their parts, of which either may be infinite."""
    z = np.zeros(np.broadcast_shapes(np.shape(real), np.shape(imag)), np.result_type(real, imag, 1j))
    z.real, z.imag = real, imag
    return z


def log_of_base(x):
    """Logarithm of the base of a power, with 0 where the base is 0."""
    y = np.log(x + (x == 0))
    return float(y) if type(x) in (bool, int, float) else y


def fitted(x, size, axis=-1):
    """Cut x to a length along an axis, or fill it up with zeros."""
    x = np.moveaxis(x, axis, -1)
    if x.shape[-1] < size:
        x = np.concatenate([x, np.zeros((*x.shape[:-1], size - x.shape[-1]), x.dtype)], axis=-1)
    return np.moveaxis(x[..., :size], -1, axis)


def linear_scan(a, b, axis=0, reverse=False):
    """Solve y[i] = a[i] * y[i - 1] + b[i] along an axis; in reverse, y[i] = a[i + 1] * y[i + 1] + b[i]."""
    a, b = np.broadcast_arrays(a, b)
    a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    if reverse:
        a, b = np.concatenate([a[:1], a[:0:-1]]), b[::-1]

    def solve(a, b, least):
        y = np.empty(b.shape, np.result_type(a, b))
        if len(b) > least:  # two steps at a time, which solves for every second y
            y[1::2] = solve(a[1::2] * a[:-1:2], a[1::2] * b[:-1:2] + b[1::2], least)
            y[0], y[2::2] = b[0], a[2::2] * y[1:-1:2] + b[2::2]
        else:
            for i in range(len(b)):
                y[i] = a[i] * y[i - 1] + b[i] if i else b[i]
        return y

    with np.errstate(all="ignore"):
        y = solve(a, b, 16)
    if not np.all(np.isfinite(y)):  # a product of many may overflow where no y does
        y = solve(a, b, len(b))
    return np.moveaxis(y[::-1] if reverse else y, 0, axis)


def shift(x, axis=0, reverse=False, first=0.0):
    """Move every item on by one place along an axis (back by one, in reverse); the free place gets the value first."""
    out = np.full(x.shape, first, x.dtype)
    to, source = [slice(None)] * x.ndim, [slice(None)] * x.ndim
    to[axis], source[axis] = slice(1, None), slice(None, -1)
    if reverse:
        to, source = source, to
    out[tuple(to)] = x[tuple(source)]
    return out


def revolve(here, end, free):
    """Where to keep the next state on the way from step here to step end, so that all of it, run backwards with so many
    free places, takes the fewest steps forward; at end, that is the state at hand.
    """
    steps, places, repeats = end - here + 1, free + 1, 1
    if free <= 0 or steps <= 2:
        return end
    while math.comb(places + repeats, places) < steps:
        repeats += 1
    most = math.comb(places + repeats - 1, places)
    return here + min(most, steps - math.comb(places + repeats - 2, places - 1))


def polygamma(n, x):
    """Derivative of order n + 1 of the logarithm of the gamma function, for real x."""
    x = float(x)
    sign = -1.0 if n % 2 == 0 else 1.0
    factorial = 1.0
    for k in range(2, n + 1):
        factorial *= k
    total = 0.0
    while x < 15.0 + n:  # psi_n(x) = psi_n(x + 1) + sign * n! / x ** (n + 1)
        if x == np.floor(x) and x <= 0:
            return np.nan
        total += sign * factorial / x ** (n + 1)
        x += 1.0
    bernoulli = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
    if n == 0:
        series = np.log(x) - 0.5 / x
        for k, b in enumerate(bernoulli, 1):
            series -= b / (2 * k * x ** (2 * k))
        return float(total + series)
    series = factorial / (n * x**n) + factorial / (2 * x ** (n + 1))
    for k, b in enumerate(bernoulli, 1):
        rising = 1.0
        for j in range(1, n):
            rising *= 2 * k + j
        series += b * rising / x ** (2 * k + n)
    return float(total + sign * series)


def sum_repeats(g, repeats, shape, axis=None):
    """Sum the copies that np.repeat(a, repeats, axis) made of each item of an a of this shape."""
    flat = (int(np.prod(shape)),) if axis is None else tuple(shape)
    axis = 0 if axis is None else axis % len(flat)
    source = np.repeat(np.arange(flat[axis]), repeats)
    out = np.zeros(flat, g.dtype)
    np.add.at(out, (slice(None),) * axis + (source,), g)
    return out.reshape(shape)


def spread_segments(g, indices, shape, axis=0):
    """Give each item of an array of this shape the g of the segments of np.add.reduceat(a, indices, axis) it is in."""
    g, size = np.moveaxis(g, axis, 0), shape[axis]
    starts = np.asarray(indices, int)
    lengths = np.append(starts[1:], size) - starts
    alone = lengths <= 0  # a place that is not before the next one stands for itself
    lengths[alone] = 1
    out = np.zeros((size, *g.shape[1:]), g.dtype)
    if alone.any():
        after = np.cumsum(lengths)
        places = np.arange(after[-1]) + np.repeat(starts - after + lengths, lengths)
        np.add.at(out, places, np.repeat(g, lengths, axis=0))
    elif len(starts):
        out[starts[0] :] = np.repeat(g, lengths, axis=0)
    return np.moveaxis(out, 0, axis)


def scan_segments(a, b, indices, axis=0, reverse=False, first=0.0):
    """Solve y[i] = a[i - 1] * y[i - 1] + b[i - 1] along an axis, anew from y = first in each of the segments of
    np.add.reduceat(a, indices, axis), which follow each other; in reverse, y[i] = a[i + 1] * y[i + 1] + b[i + 1].
    """
    dtype = np.result_type(a, b)
    a, b = (np.moveaxis(x, axis, 0) for x in np.broadcast_arrays(a, b))
    begins = np.ones((len(a), *(1,) * (a.ndim - 1)), bool)
    begins[np.min(indices, initial=len(a)) :] = False
    begins[list(indices)] = True
    if reverse:
        a, b, begins = a[::-1], b[::-1], np.roll(begins[::-1], 1, 0)
    a, b = np.roll(a, 1, 0), np.where(begins, first, np.roll(b, 1, 0))

    def solve(a, b, begins, least):
        y = np.empty(b.shape, dtype)
        if len(b) > least:  # two steps at a time, which solves for every second y
            both = np.where(begins[1::2], b[1::2], a[1::2] * b[:-1:2] + b[1::2])
            y[1::2] = solve(a[1::2] * a[:-1:2], both, begins[1::2] | begins[:-1:2], least)
            y[0], y[2::2] = b[0], np.where(begins[2::2], b[2::2], a[2::2] * y[1:-1:2] + b[2::2])
        else:
            for i in range(len(b)):
                y[i] = b[i] if begins[i].item() else a[i] * y[i - 1] + b[i]
        return y

    with np.errstate(all="ignore"):
        y = solve(a, b, begins, 16)
    if not np.all(np.isfinite(y)):  # a product of many may overflow where no y does
        y = solve(a, b, begins, len(b))
    return np.moveaxis(y[::-1] if reverse else y, 0, axis)


def others_in_segments(a, indices, axis=0):
    """For each item the product of the others in its segment of np.multiply.reduceat(a, indices, axis)."""
    exponents = np.frexp(np.abs(a))[1]
    digits = np.maximum(exponents, 1 - exponents)  # a product of some is no further from 1 than by all of these
    products = np.multiply.reduceat(a, indices, axis)
    furthest = np.max(np.add.reduceat(digits, indices, axis), initial=0)
    if a.all() and np.isfinite(products).all() and furthest < np.finfo(a.dtype).maxexp - 24:
        return spread_segments(products, indices, a.shape, axis) / a
    before = scan_segments(a, 0.0, indices, axis, first=1.0)
    return before * scan_segments(a, 0.0, indices, axis, reverse=True, first=1.0)


def sum_tiles(g, reps, shape):
    """Sum the copies that np.tile(a, reps) made of an a of this shape."""
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    rank = max(len(shape), len(reps))
    sizes = (1,) * (rank - len(shape)) + tuple(shape)
    times = (1,) * (rank - len(reps)) + reps
    split = [n for pair in zip(times, sizes, strict=True) for n in pair]
    return g.reshape(split).sum(axis=tuple(range(0, 2 * rank, 2))).reshape(shape)


def from_diagonal(g, shape, offset=0, axis1=0, axis2=1):
    """Zeros of this shape, with g on the diagonal that np.diagonal(a, offset, axis1, axis2) reads."""
    out = np.zeros(shape, g.dtype)
    last = np.moveaxis(out, (axis1, axis2), (-2, -1))
    k = np.arange(g.shape[-1])
    last[..., k - min(offset, 0), k + max(offset, 0)] = g
    return out


def sum_padding(g, pad_width, mode, shape):
    """Sum into each item of an array of this shape the places that np.pad(array, pad_width, mode) copied it to."""
    widths = np.broadcast_to(np.asarray(pad_width), (len(shape), 2)).tolist()
    for axis, (n, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if before == after == 0:
            continue
        lines = np.moveaxis(g, axis, 0)
        first, out, last = lines[:before], lines[before : before + n], lines[before + n :]
        if mode != "constant" and n > 0:
            out = out.copy()
            for border, start, end in ((first, -before, 0), (last, n, n + after)):
                k = np.arange(start, end)
                if mode == "edge":
                    out[end and n - 1] += border.sum(axis=0)
                    continue
                if mode == "wrap":
                    k %= n
                elif mode == "symmetric":
                    k = np.minimum(k % (2 * n), -1 - k % (2 * n) + 2 * n)
                elif mode == "reflect":
                    k = np.abs((k + n - 1) % max(2 * n - 2, 1) - (n - 1))
                if len(k) < n:  # no item is copied twice to this side
                    out[k] += border
                else:
                    np.add.at(out, k, border)
        g = np.moveaxis(out, 0, axis)
    return g


def padded_places(size, before, after, mode="edge"):
    """Which of so many items np.pad copies to each place."""
    return np.pad(np.arange(size), (int(before), int(after)), mode)


def sum_windows(g, window_shape, axis, shape):
    """Sum into each item of an array of this shape the places of its sliding windows where it is seen."""
    sizes = (window_shape,) if np.ndim(window_shape) == 0 else tuple(window_shape)
    axes = tuple(range(len(shape))) if axis is None else (axis,) if np.ndim(axis) == 0 else tuple(axis)
    out = np.zeros(shape, g.dtype)
    for offset in np.ndindex(*sizes):
        first = [0] * len(shape)
        for k, start in zip(axes, offset, strict=True):
            first[k] += start
        out[tuple(slice(f, f + n) for f, n in zip(first, g.shape, strict=False))] += g[(..., *offset)]
    return out


def normal_quantile(p):
    """Where the standard normal distribution function is p."""
    return statistics.NormalDist().inv_cdf(float(p))


def modified_bessel(n, x):
    """Modified Bessel function of the first kind, of whole order n: DLMF 10.32.3 by the trapezoidal rule."""
    x = np.asarray(x, float)
    largest = np.max(np.abs(x[np.isfinite(x)]), initial=0.0)
    count = 16 + int(4.0 * np.sqrt(largest))  # the rule converges exponentially
    theta = (np.arange(count) + 0.5) * (np.pi / count)
    return np.mean(np.exp(x[..., None] * np.cos(theta)) * np.cos(n * theta), axis=-1)


def greatest(a, axis=None, *, keepdims=False):
    """The greatest items along axes; -inf (the least number there is) where there are none."""
    lowest = -np.inf if a.dtype.kind == "f" else np.iinfo(a.dtype).min
    return np.max(a, axis=axis, keepdims=keepdims, initial=lowest)


def least(a, axis=None, *, keepdims=False):
    """The least items along axes; inf (the greatest number there is) where there are none."""
    highest = np.inf if a.dtype.kind == "f" else np.iinfo(a.dtype).max
    return np.min(a, axis=axis, keepdims=keepdims, initial=highest)


def running_place(a, axis=0, smallest=False):
    """Where along an axis the greatest item up to each place stands (the least): the last of equals, and any NaN."""
    record = np.minimum.accumulate(a, axis) if smallest else np.maximum.accumulate(a, axis)
    places = np.arange(a.shape[axis]).reshape((-1,) + (1,) * (a.ndim - 1 - axis % a.ndim))
    return np.maximum.accumulate(np.where((a == record) | (a != a), places, 0), axis)


def turns(places):
    """For each item of a vector how many equal ones come before it."""
    order = np.argsort(places, kind="stable")
    rising = places[order]
    out = np.empty(len(places), int)
    out[order] = np.arange(len(places)) - np.searchsorted(rising, rising)
    return out


def placed_along_axis(g, indices, shape, axis=-1):
    """Zeros of this shape, with g at the places that np.take_along_axis(a, indices, axis) reads, none of them twice."""
    out = np.zeros(shape, g.dtype)
    np.put_along_axis(out, indices, g, axis)
    return out


def add_along_axis(g, indices, shape, axis=-1):
    """Zeros of this shape, with g added at the places that np.take_along_axis(a, indices, axis) reads."""
    axis = 0 if axis is None else axis % len(shape)
    out = np.zeros(shape, g.dtype)
    if g.ndim == 1:
        np.add.at(out.reshape(-1), indices, g)
    else:
        places = list(np.ogrid[tuple(slice(n) for n in g.shape)])
        places = [k if n != 1 else np.zeros_like(k) for k, n in zip(places, shape, strict=True)]
        places[axis] = indices
        cells = np.broadcast_to(np.ravel_multi_index(tuple(places), shape, mode="wrap"), g.shape)
        np.add.at(out.reshape(-1), cells.ravel(), g.ravel())
    return out


def gather_last(a, index):
    """Read a[index] for the entries that were stored last; 0 for those overwritten by a later entry of one store."""
    order = np.empty(np.shape(a), dtype=int)
    count = np.arange(order[index].size).reshape(order[index].shape)
    order[index] = count
    return np.where(order[index] == count, a[index], 0.0 * a[index])


def kept(x):
    """Copy what an object outside comes to hold: arrays, also in containers."""
    if isinstance(x, np.ndarray):
        return x.copy()
    if isinstance(x, dict):
        return {key: kept(value) for key, value in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(kept, x))
    return type(x)(map(kept, x)) if isinstance(x, list | tuple) else x


def raises(error, function, *args, **options):
    """Whether a call of this function raises an exception of this class."""
    try:
        function(*args, **options)
    except error:
        return True
    return False


def traps(modes, function, *args, **options):
    """Whether a call of this function raises FloatingPointError under np.errstate with these modes."""
    try:
        with np.errstate(**modes):
            function(*args, **options)
    except FloatingPointError:
        return True
    return False


def trap(modes, function, *args, **options):
    """Raise FloatingPointError where this call does under np.errstate with these modes."""
    with np.errstate(**modes):
        function(*args, **options)
