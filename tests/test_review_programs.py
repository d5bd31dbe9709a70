"""Programs that once gave a wrong number, crashed, or were refused without need, each with its oracle."""

from __future__ import annotations

import array
import collections
import enum
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import s2sad

X = np.array([0.3, 0.7])


def differences(f: Callable[[np.ndarray], Any], x: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """The gradient by central differences."""
    out = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += h
        down[index] -= h
        out[index] = (np.sum(f(up)) - np.sum(f(down))) / (2 * h)
    return out


def follows(f: Callable[[np.ndarray], Any], *changes: Callable[[], Any]) -> None:
    """A gradient made once is right, and right again after each change of what the function reads."""
    g = s2sad.grad(f)
    assert g(X) == pytest.approx(differences(f, X), abs=1e-6)
    for change in changes:
        change()
        assert g(X) == pytest.approx(differences(f, X), abs=1e-6)


class Mode(enum.Enum):
    A = 1
    B = 2


class Linear:
    def __call__(self, x):
        return np.sum(x)


class Square:
    def __call__(self, x):
        return np.sum(x**2)


class Holder:
    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def activate(self, x):
        return np.sum(self.act(x))

    def chain(self, x):
        for act in self.acts:
            x = act(x)
        return np.sum(x)

    def inside(self, x):
        return self.inner(x)

    def mapped(self, x):
        return np.sum(self.table["a"](x))

    def chosen(self, x):
        return np.sum(x if self.mode is Mode.A else x**2)

    def members(self, x):
        return np.sum(x**3 if "cube" in self.names else x) + sum(1.0 * k * x[0] for k in self.span)


def test_a_function_held_by_an_object_is_looked_up_at_every_call() -> None:
    h = Holder(act=np.tanh)
    follows(
        h.activate, lambda: setattr(h, "act", np.sin), lambda: setattr(h, "act", lambda z: z**2),
        lambda: setattr(h, "act", lambda z: z**3),
    )  # fmt: skip


def test_functions_in_lists_and_dicts_are_looked_up_at_every_call() -> None:
    h = Holder(acts=[np.sin, np.cos], table={"a": np.sin})
    follows(h.chain, lambda: h.acts.__setitem__(0, np.exp), lambda: h.acts.append(np.sin))
    follows(h.mapped, lambda: h.table.__setitem__("a", np.exp))


def test_an_object_of_another_class_in_the_same_place() -> None:
    h = Holder(inner=Linear())
    follows(h.inside, lambda: setattr(h, "inner", Square()), lambda: setattr(h, "inner", Linear()))


def test_members_of_enumerations_sets_ranges_and_slices_that_change() -> None:
    h = Holder(mode=Mode.A, names={"cube"}, span=range(2), part=slice(0, 1))
    follows(h.chosen, lambda: setattr(h, "mode", Mode.B))
    follows(h.members, lambda: h.names.clear(), lambda: setattr(h, "span", range(5)))
    follows(lambda x: np.sum(x[h.part] ** 2), lambda: setattr(h, "part", slice(None)))


def test_another_function_under_a_name_of_a_closure() -> None:
    act: Any = np.tanh

    def f(x):
        return np.sum(act(x))

    def sine() -> None:
        nonlocal act
        act = np.sin

    def square() -> None:
        nonlocal act
        act = lambda z: z * z  # noqa: E731

    follows(f, sine, square)


def test_a_function_of_a_namespace_and_items_of_collections_written_in_c() -> None:
    space = types.SimpleNamespace(f=np.sin, w=2.0)
    follows(lambda x: np.sum(space.f(x)) * space.w, lambda: setattr(space, "f", np.cos), lambda: setattr(space, "w", 3))
    numbers, queue = array.array("d", [1.0, 2.0]), collections.deque([1.0])
    follows(lambda x: np.sum(x) * numbers[0], lambda: numbers.__setitem__(0, 5.0))
    follows(lambda x: np.sum(x) * queue[0], lambda: queue.appendleft(3.0))


def test_an_attribute_of_an_argument_that_is_an_object() -> None:
    h = Holder(act=np.sin)
    g = s2sad.grad(lambda x, m: m.activate(x))
    assert g(X, h) == pytest.approx(np.cos(X))
    h.act = np.exp
    assert g(X, h) == pytest.approx(np.exp(X))


def test_attributes_that_come_and_go_and_change_their_kind() -> None:
    h = Holder(b=2.0)
    without, whole = lambda: delattr(h, "b"), lambda: setattr(h, "b", 3)
    follows(lambda x: np.sum(x) * (h.b if hasattr(h, "b") else 5.0), without, whole)
    follows(lambda x: np.sum(x) * getattr(h, "c", 5.0), lambda: setattr(h, "c", 2.0))
    h.w = 3.0

    def f(x):
        if isinstance(h.w, float):
            return np.sum(x**h.w)
        if isinstance(h.w, list | np.ndarray):
            return np.sum(x * h.w[0])
        return np.sum(x) * 5

    follows(f, *(lambda w=w: setattr(h, "w", w) for w in ([1.0, 2.0], np.array([4.0, 1]), None, 2, "a", 2.5)))


def test_a_second_derivative_follows_too() -> None:
    h = Holder(act=np.sin)
    second = s2sad.grad(s2sad.grad(lambda x: h.act(x)))
    assert second(0.4) == pytest.approx(-np.sin(0.4))
    h.act = np.exp
    assert second(0.4) == pytest.approx(np.exp(0.4))


def scalar_array_in_place(x):
    total = np.zeros(())
    for v in x:
        total += v * v
        total *= 1.1
    return total * x[0]


def scalar_arrays_aliased(x):
    s = np.array(np.sum(x))
    t = s
    s *= 2
    s += 1
    return s * t


def scalar_array_cells(x):
    a = np.zeros(())
    a[()] = x[0] * 2
    a[...] += x[1]
    return a**2 + np.asarray(x[2])[()] ** 2


def scalar_arrays_in_a_list(x):
    pair = [np.array(0.0), np.array(1.0)]
    for v in x:
        pair[0] += v * pair[1]
        pair[1] *= v
    return pair[0] * pair[1]


def items_of_a_list_that_starts_empty(x):
    r = []
    for i in range(len(x)):
        if i == 0:
            r.append(x[0])
            continue
        if x[i] > r[-1]:
            r[-1] = r[-1] + x[i] ** 2
        else:
            r.append(x[i] * r[-1])
    total = 0.0
    for k, v in enumerate(r):
        total += v * (k + 1)
    return total * len(r)


def monotone_stack(x):
    stack = []
    for v in x:
        while stack and stack[-1] < v:
            stack.pop()
        stack.append(v * x[0])
    return sum(s * s for s in stack)


def unlike_kinds_in_a_test(x):
    seen = []
    total = 0.0
    for v in x:
        if not (seen or v < 0):
            seen.append(v)
        elif seen and not (v > 1 and len(seen) > 2):
            total += seen[-1] * v
    return total + np.sum(x**2)


class Vector(NamedTuple):
    x: float
    y: float

    def dot(self, other):
        return self.x * other.x + self.y * other.y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __bool__(self):
        return bool(self.x > 0)


def a_namedtuple_with_arithmetic(x):
    s = Vector(0.0, 0.0)
    for i in range(4):
        s = s + Vector(x[i], x[i + 1]) * 2.0
    s += Vector(x[0], x[1])
    return s.dot(-Vector(x[0], 2.0)) + (3 * s)[1] + (Vector(x[1], x[2]) + s)[0] * (x[0] if s else x[1])


def an_array_of_rows(x):
    rows = []
    for i in range(3):
        rows.append((x[i], x[i + 1] * x[i], 1.0))
    return np.linalg.det(np.array(rows)) + np.sum(np.array([[[v, 2 * v], [v * v, 1.0]] for v in x]) ** 2)


def methods_with_out(x):
    y = np.zeros(5)
    np.add(x, 3, out=y[:])
    y.clip(2, 3.5, out=y)
    x.cumsum(out=y[:])
    return np.log(y**2).sum()


def arrays_overwritten_as_a_whole(x):
    y = x.copy()
    old = y.copy()
    v = y[1:4]
    v /= np.linalg.norm(v)
    y[...] = old[::-1] * y
    z = y
    z -= x
    y[:] = np.sin(y) * z
    y[...] = y * y
    old[...] = 1.0
    old *= y
    return np.sum(y * old)


@pytest.mark.parametrize(
    "f",
    [
        a_namedtuple_with_arithmetic, an_array_of_rows, methods_with_out, arrays_overwritten_as_a_whole,
        scalar_array_in_place, scalar_arrays_aliased, scalar_array_cells, scalar_arrays_in_a_list,
        items_of_a_list_that_starts_empty, monotone_stack, unlike_kinds_in_a_test,
    ],
)  # fmt: skip
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_program(f: Callable[[np.ndarray], Any], sign: float) -> None:
    x = sign * np.array([0.345, 0.822, 0.330, -1.303, 0.905])
    before, direction = x.copy(), np.array([0.3, -0.2, 0.5, 0.7, -0.4])
    g = s2sad.grad(f)
    gradient = g(x)
    assert gradient == pytest.approx(differences(f, x), abs=1e-6)
    assert s2sad.jvp(f, (x,), (direction,))[1] == pytest.approx(gradient @ direction)
    second = s2sad.jvp(g, (x,), (direction,))[1]
    h = 1e-5
    assert second == pytest.approx((g(x + h * direction) - g(x - h * direction)) / (2 * h), abs=1e-6)
    assert s2sad.grad(lambda z: np.sum(g(z) * direction))(x) == pytest.approx(second)
    assert np.array_equal(x, before)


def test_a_subclass_of_dict_as_an_argument() -> None:
    parameters = collections.OrderedDict(a=1.0, b=2.0)
    gradient = s2sad.grad(lambda d: d["a"] * d["b"] ** 2)(parameters)
    assert gradient == {"a": 4.0, "b": 4.0}


def doubled(a, c):
    a *= 2
    return np.sum(a * c)


def test_arrays_that_share_memory_are_told_from_those_that_do_not_at_every_call() -> None:
    """``doubled(x, x)`` doubles both: a derivative made for two arrays must not be used for one given twice."""
    g = s2sad.value_and_grad(doubled)
    x, y = np.ones(3), np.ones(3)
    assert g(x, y)[0] == 6.0
    with pytest.raises(s2sad.UnsupportedError, match="another name"):
        g(x, x)
    assert g(x, y)[0] == 6.0
    whole = np.ones(4)
    assert g(whole[:2], whole[2:])[0] == 4.0
    with pytest.raises(s2sad.UnsupportedError, match="another name"):
        g(whole[:3], whole[1:])


def test_an_argument_that_is_also_read_from_outside() -> None:
    w = np.ones(3)

    def f(x):
        x *= 2
        return np.sum(x * w)

    g = s2sad.value_and_grad(f)
    assert g(np.ones(3))[0] == 6.0
    with pytest.raises(s2sad.UnsupportedError, match="another name"):
        g(w)
    fresh = s2sad.grad(lambda x: f(x))
    with pytest.raises(s2sad.UnsupportedError, match="another name"):
        fresh(w)


def test_a_derivative_inside_a_function_given_one_array_twice() -> None:
    inner = s2sad.grad(doubled)
    x = np.ones(3)
    with pytest.raises(s2sad.UnsupportedError, match="may have been changed by a store"):
        s2sad.grad(lambda a: np.sum(inner(a, a) ** 2))(x)
    two = s2sad.grad(lambda a, c: np.sum(inner(a, c) * c), argnums=1)
    assert two(x, 2 * x) == pytest.approx(np.full(3, 8.0))
    with pytest.raises(s2sad.UnsupportedError, match="may have been changed by a store"):
        two(x, x)


def test_a_row_that_left_its_list_on_a_path_after_the_list_changed_is_refused() -> None:
    def f(x):
        rows = [[x[i], 2.0 * i] for i in range(len(x))]
        r = rows[0]
        rows[0][0], rows[1][1] = rows[1][1], rows[0][0]
        if x[0] < 0.3:
            rows = [list(z) for z in rows]
        else:
            rows[0] = list(rows[0])
        return r[0] * r[1]

    with pytest.raises(s2sad.UnsupportedError, match="may have been changed by a store"):
        s2sad.grad(f)(X)


def cells_that_change_meanwhile(x):
    a = np.concatenate([x, x * 2.0])

    def put(k):
        a[k] *= 3.0
        a[0] = x[1] * 7.0
        return a[k - 1]

    a[0] += put(1)
    a[1] -= put(1)
    a[2] *= put(2)
    a[[1, 3]] += put(3)
    a[:2] += put(0)
    return np.sum(a**2)


def items_that_change_meanwhile(x):
    numbers = []
    while len(numbers) < 4:
        numbers.append(x[0] * len(numbers))

    def grow():
        numbers[1] = x[1] * 7.0
        numbers.append(x[1])
        return x[0] * 0.5

    numbers[1] += grow()
    numbers[-1] -= grow()
    return sum(v**2 for v in numbers)


def arrays_that_move_meanwhile(x):
    rows = []
    while len(rows) < 4:
        rows.append(x * len(rows))

    def grow():
        rows.append(x * 3.0)
        return x * 0.5

    rows[-1] += grow()
    return sum(np.sum(r**2) for r in rows)


@pytest.mark.parametrize(
    "f", [cells_that_change_meanwhile, items_that_change_meanwhile, arrays_that_move_meanwhile],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_what_is_added_to_is_read_before_what_is_added(f: Any) -> None:
    """``a[i] += g()`` reads the item first, also where g changes the array or the list."""
    assert s2sad.grad(f)(X) == pytest.approx(differences(f, X), rel=1e-6)
