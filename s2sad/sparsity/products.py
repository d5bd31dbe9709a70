"""Products on sets: what is summed over goes into each element, but for what is multiplied by a known zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.sparsity.machine import Machine, rule
from s2sad.sparsity.sets import EMPTY, Ids
from s2sad.sparsity.values import (
    Cells,
    Needed,
    Unanalysable,
    is_known,
    plain,
    sets_of,
    shape_of,
    unknown,
)


@rule("matmul", "np.dot", "np.inner", "np.vdot", "np.tensordot", "np.einsum")
def product(m: Machine, /, **given: Any) -> Any:
    """A sum of products: what is summed over goes into each element, but for what is multiplied by a known zero."""
    name = m.call.prim.name
    if name == "np.einsum":
        operands = list(given["operands"])
        text = summed(m.known(given["subscripts"], "subscripts"), [len(shape_of(v)) for v in operands])
    else:
        first, second = list(given)[:2]
        operands = [given[first], given[second]]
        ranks = [len(shape_of(v)) for v in operands]
        if name == "np.vdot":
            operands, ranks = [ravelled(v) for v in operands], [1, 1]
        text = written(name, ranks, given.get("axes"))
    inputs, output = text
    if not m.exact:
        for operand in operands:
            if isinstance(operand, Cells) and len(operand.shape) > 1 and not operand.read().any():
                raise Needed  # a fixed matrix: its zeros matter
    sizes: dict[str, int] = {}
    for letters, operand in zip(inputs, operands, strict=True):
        for letter, n in zip(letters, shape_of(operand), strict=True):
            sizes[letter] = max(n, sizes.get(letter, 1)) if sizes.get(letter, 1) != 0 else 0
    if len(operands) == 2 and sum(map(is_known, operands)) == 1:
        return by_zeros(m, inputs, output, operands, sizes)
    total = np.zeros([sizes[c] for c in output], np.int64)
    for letters, operand in zip(inputs, operands, strict=True):
        if not is_known(operand):
            total = m.sets.join(total, kept_letters(m, letters, sets_of(operand), output))
    return unknown(total)


def ravelled(value: Any) -> Any:
    return np.ravel(plain(value)) if is_known(value) else unknown(sets_of(value).ravel())


def kept_letters(m: Machine, letters: str, sets: Ids, output: str) -> Ids:
    """The unions over the axes that are summed over, with the axes of the output (length 1 where it has none)."""
    letters, sets = without_repeats(letters, sets)
    gone = tuple(k for k, c in enumerate(letters) if c not in output)
    sets = m.sets.reduce(sets, gone).reshape([n for k, n in enumerate(sets.shape) if k not in gone])
    left = [c for c in letters if c in output]
    sets = sets.transpose([left.index(c) for c in output if c in left])
    return np.expand_dims(sets, [k for k, c in enumerate(output) if c not in left])


def without_repeats(letters: str, array: Any) -> tuple[str, Any]:
    """The diagonals that a repeated letter means."""
    while len(set(letters)) < len(letters):
        c = next(c for c in letters if letters.count(c) > 1)
        i = letters.index(c)
        j = letters.index(c, i + 1)
        array = np.diagonal(array, axis1=i, axis2=j)
        letters = letters[:i] + letters[i + 1 : j] + letters[j + 1 :] + c
    return letters, array


def by_zeros(
    m: Machine, inputs: Sequence[str], output: str, operands: Sequence[Any], sizes: dict[str, int]
) -> Any:
    """A product with one known operand: only its elements other than zero count."""
    which = 0 if is_known(operands[0]) else 1
    known = np.asarray(plain(operands[which])) != 0
    sets = sets_of(operands[1 - which])
    if known.all():
        return unknown(
            np.broadcast_to(kept_letters(m, inputs[1 - which], sets, output), [sizes[c] for c in output])
        )
    own, known = without_repeats(inputs[which], known)
    other, sets = without_repeats(inputs[1 - which], sets)
    # every element of the known operand that is not zero, with every element of the other that it is multiplied by
    places = dict(zip(own, np.nonzero(known), strict=True))
    count = len(next(iter(places.values()))) if places else int(known)
    free = [c for c in other if c not in places]
    index: dict[str, Any] = {c: p.reshape((count,) + (1,) * len(free)) for c, p in places.items()}
    for k, c in enumerate(free):
        index[c] = np.arange(sizes[c]).reshape((1,) * (k + 1) + (-1,) + (1,) * (len(free) - k - 1))
    reads = tuple(index[c] if n != 1 else np.zeros((), int) for c, n in zip(other, sets.shape, strict=True))
    shape = (count, *(sizes[c] for c in free))
    found = np.broadcast_to(sets[reads], shape)
    target: Any = np.zeros((), int)
    for c in output:
        target = target * sizes[c] + index[c]
    total = int(np.prod([sizes[c] for c in output]))
    if found.size > 50_000_000:
        raise Unanalysable(f"a product of {found.size:,} terms")
    return unknown(m.sets.group(found, np.broadcast_to(target, shape), total).reshape([sizes[c] for c in output]))


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def written(name: str, ranks: Sequence[int], axes: Any) -> tuple[list[str], str]:
    """A product of two arrays as subscripts."""
    first, second = ranks
    a = LETTERS[:first]
    if name == "np.tensordot":
        count = axes if isinstance(axes, int) else None
        left = list(range(first - count, first)) if count is not None else list(np.atleast_1d(axes[0]))
        right = list(range(count)) if count is not None else list(np.atleast_1d(axes[1]))
        letters = [LETTERS[26 + k] for k in range(second)]
        for i, j in zip(left, right, strict=True):
            letters[int(j) % second] = a[int(i) % first]
        b = "".join(letters)
        return [a, b], "".join(c for c in a if c not in b) + "".join(c for c in b if c not in a)
    if first == 0 or second == 0:
        b = LETTERS[26 : 26 + second]
        return [a, b], a + b
    if name == "np.inner":
        b = LETTERS[26 : 26 + second - 1] + a[-1]
        return [a, b], a[:-1] + b[:-1]
    if second == 1:
        return [a, a[-1]], a[:-1]
    if name == "np.dot":
        b = LETTERS[26 : 26 + second - 2] + a[-1] + "Z"
        return [a, b], a[:-1] + b[:-2] + "Z"
    # matmul: the axes in front are those of both
    if first == 1:
        stack = LETTERS[26 : 26 + second - 2]
        return [a, stack + a + "Z"], stack + "Z"
    stack = LETTERS[26 : 26 + max(first, second) - 2]
    a, b = stack[len(stack) - first + 2 :] + "yz", stack[len(stack) - second + 2 :] + "zZ"
    return [a, b], stack + "yZ"


def summed(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The subscripts of ``einsum`` with letters for an ellipsis, and the output written out."""
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    if not arrow:
        letters = sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1)
        output = ("..." if "..." in left else "") + "".join(letters)
    spare = [c for c in LETTERS if c not in text]
    longest = max((r - len(i.replace("...", "")) for i, r in zip(inputs, ranks, strict=True) if "..." in i), default=0)
    dots = "".join(spare[:longest])
    full = []
    for part, rank in zip(inputs, ranks, strict=True):
        count = rank - len(part.replace("...", ""))
        full.append(part.replace("...", dots[len(dots) - count :] if count else ""))
    return full, output.replace("...", dots)


@rule("np.outer", "np.kron")
def pairs(m: Machine, a: Any, b: Any) -> Any:
    """Every element of one with every element of the other."""
    ones = [np.ones(shape_of(v), np.int64) for v in (a, b)]
    run = m.call.prim.run
    total = run(np.zeros_like(ones[0]), ones[1])
    for k, value in enumerate((a, b)):
        if is_known(value):
            continue
        other = ones[1 - k] if not is_known((a, b)[1 - k]) else (np.asarray(plain((a, b)[1 - k])) != 0).astype(np.int64)
        parts = (sets_of(value), other) if k == 0 else (other, sets_of(value))
        total = m.sets.join(total, run(*parts))
    return unknown(total)


@rule("np.vander")
def powers(m: Machine, x: Any, N: Any, increasing: Any = False) -> Any:
    """Every row on its number, but for the power zero."""
    (shape,) = m.shapes({"x": x, "N": N, "increasing": increasing})
    sets = np.repeat(sets_of(x)[:, None], shape[1], axis=1)
    first = 0 if plain(increasing) else shape[1] - 1
    sets[:, first : first + 1] = EMPTY
    return unknown(sets)


@rule("np.cross")
def cross(m: Machine, a: Any, b: Any, **axes: Any) -> Any:
    if not all(v in (-1, None) for v in axes.values()):
        return m.smeared({"a": a, "b": b, **axes}, frozenset({"a", "b"}))
    (shape,) = m.shapes({"a": a, "b": b, **axes})
    parts = [m.sets.reduce(s, (s.ndim - 1,)) for s in map(sets_of, (a, b))]
    joined = m.sets.join(*parts)
    return unknown(np.broadcast_to(joined if len(shape) == joined.ndim else joined[..., 0], shape))


@rule("np.convolve")
def convolve(m: Machine, a: Any, v: Any) -> Any:
    size = shape_of(a)[0] + shape_of(v)[0] - 1
    return sliding(m, a, v, lambda i, j: i + j, size)


@rule("np.correlate")
def correlate(m: Machine, a: Any, v: Any) -> Any:
    size = shape_of(a)[0] - shape_of(v)[0] + 1
    return sliding(m, a, v, lambda i, j: i - j, size)


def sliding(m: Machine, a: Any, v: Any, target: Callable[[Any, Any], Any], size: int) -> Any:
    """Sums of products along two vectors, at the place that ``target`` says for each pair of elements."""
    counts = [np.flatnonzero(np.asarray(plain(x))) if is_known(x) else np.arange(shape_of(x)[0]) for x in (a, v)]
    if len(counts[0]) * len(counts[1]) > 50_000_000:
        raise Unanalysable(f"a product of {len(counts[0]) * len(counts[1]):,} terms")
    i, j = counts[0][:, None], counts[1][None, :]
    places = target(i, j)
    places = np.where((places >= 0) & (places < size), places, -1)
    total = np.zeros(size, np.int64)
    for value, own in ((a, i), (v, j)):
        if not is_known(value):
            total = m.sets.join(total, m.sets.group(sets_of(value)[own], places, size))
    return unknown(total)


@rule("np.linspace")
def linspace(m: Machine, start: Any, stop: Any, num: Any = 50, endpoint: Any = True, dtype: Any = None) -> Any:
    joined = m.sets.join(sets_of(start), sets_of(stop))
    count = m.known(num, "a number of points")
    return unknown(np.broadcast_to(joined, (count, *joined.shape)))
