"""Derivatives inside the differentiated function: of functions made there, in any mix of modes, in loops and branches."""

import dataclasses
import functools
import math
from collections import namedtuple

import numpy as np

from s2sad import grad, jvp, value_and_grad, vjp
from tests.programs import program

V = np.array([0.5, 1.2, -0.7])
W = np.array([1.1, -0.4, 0.9])
TARGET = np.array([1.0, -0.5, 2.0])
Pair = namedtuple("Pair", "a b")


@program(1.3, gradient=lambda x: (1.0,))
def classic_example(x):
    return x * grad(lambda y: x + y)(x)


@program(1.3, 0.6)
def no_confusion(x, y):
    def f(a):
        return grad(lambda b: a * b * b + a)(a) * y

    return grad(f)(x) * grad(lambda x: x * grad(lambda y: x * y)(x))(y)


@program(1.3)
def three_deep(x):
    return grad(lambda y: grad(lambda z: grad(lambda w: w**4 * z**3 * y**2 * x)(z))(y))(x)


@program(1.3)
def second_derivative(x):
    def f(y):
        return np.sin(y) * x * y

    return grad(grad(f))(x) * x


@program(1.3)
def forward_under_reverse(x):
    def slope(y):
        return jvp(lambda z: y * z * z * x, (y,), (1.0,))[1]

    return grad(slope)(x) + x


@program(1.3)
def reverse_under_forward(x):
    value, moved = jvp(lambda y, z: grad(lambda w: w**3 * z)(y), (x, x * x), (1.0, None))
    return value + moved * x


@program(1.3)
def pullback_called_twice(x):
    value, pullback = vjp(lambda y, z: y * z * x, x, x * x)
    a, b = pullback(x)
    return value + a * b + pullback(1.0)[1]


@program(1.3)
def pullback_of_structure(x):
    value, pullback = vjp(lambda t: {"a": t * t, "b": (t * x,)}, x)
    return pullback({"a": value["b"][0], "b": (x,)})[0]


@program(0.8)
def pullback_of_one_branch(x):
    if x > 0:
        value, pullback = vjp(lambda t: t * t * x, x)
    else:
        value, pullback = vjp(lambda t: t * t * x, x * 2)
    return pullback(x)[0] * value


@program(V)
def pullback_of_arrays(x):
    value, pullback = vjp(lambda t: np.outer(t, t) * x[0], x)
    return np.sum(pullback(value)[0] * x)


@program(2.0)
def newton(a):
    def g(y):
        return y**3 - a

    y = 1.5
    for _ in range(6):
        y = y - g(y) / grad(g)(y)
    return y


@program(2.0)
def newton_until_it_converges(a):
    def g(y):
        return y * np.exp(y) - a

    y = 1.0
    while abs(g(y)) > 1e-12:
        y = y - g(y) / grad(g)(y)
    return y


def solve(f, x, tolerance=1e-12, steps=20):
    df = grad(f)
    for _ in range(steps):
        fx = f(x)
        if abs(fx) < tolerance:
            break
        x = x - fx / df(x)
    return x


@program(2.0)
def solver_that_takes_a_function(a):
    return solve(lambda y: y * y - a, 1.0) + solve(lambda y: y**3 - a * 2, 1.2)


@program(np.array([1.5, 0.2]))
def newton_for_a_system(a):
    def residual(z):
        return np.array([z[0] ** 2 + z[1] - a[0], z[0] - z[1] ** 2 + a[1]])

    z = np.array([1.0, 1.0])
    for _ in range(6):
        jacobian = np.zeros((2, 2))
        for j in range(2):
            e = np.zeros(2)
            e[j] = 1.0
            jacobian[:, j] = jvp(residual, (z,), (e,))[1]
        z = z - np.linalg.solve(jacobian, residual(z))
    return z[0] * z[1]


@program(0.05, V)
def learning_rate(rate, w):
    def loss(v):
        return np.sum((v - TARGET) ** 2) + 0.1 * np.sum(v**4)

    slope = grad(loss)
    for _ in range(5):
        w = w - rate * slope(w)
    return loss(w)


@program(0.3, np.arange(12.0).reshape(4, 3) / 10, np.array([0.1, 0.2, 0.7, 0.4]))
def weight_decay(decay, x, y):
    w = np.zeros(x.shape[1])

    def loss(w):
        return np.mean((x @ w - y) ** 2) + decay * np.sum(w * w)

    for _ in range(4):
        w = w - 0.1 * grad(loss)(w)
    return np.sum((x @ w - y) ** 2)


@program(0.1, 0.9, V)
def momentum(rate, mu, w):
    velocity = np.zeros_like(w)
    for _ in range(4):
        _, slope = value_and_grad(lambda p: np.sum(np.cos(p) * p))(w)
        velocity = mu * velocity - rate * slope
        w = w + velocity
    return np.sum(w * w)


@program(0.7)
def bilevel(t):
    w = 0.5
    for _ in range(6):
        w = w - 0.05 * grad(lambda w: (w - t) ** 2 * (1 + w**2))(w)
    return (w - 1) ** 2 + t * w


@program(1.3, V)
def adapted_to_each_task(theta, xs):
    def loss(theta, x):
        return (theta * x - x**2) ** 2

    total = 0.0
    for x in xs:
        adapted = theta - 0.1 * grad(loss)(theta, x)
        total = total + loss(adapted, x)
    return total


@program(0.4, 1.2, 0.8)
def lagrangian_mechanics(q, m, length):
    def lagrangian(q, v):
        return 0.5 * m * length**2 * v**2 - m * 9.81 * length * (1 - np.cos(q))

    v = 0.0
    for _ in range(5):
        mass = grad(grad(lagrangian, 1), 1)(q, v)
        force = grad(lagrangian, 0)(q, v) - grad(grad(lagrangian, 1), 0)(q, v) * v
        v = v + 0.05 * force / mass
        q = q + 0.05 * v
    return q


@program(np.array([0.4, 0.7]), 0.8)
def hamiltonian_steps(z, k):
    def energy(q, p):
        return 0.5 * p**2 + k * q**4

    q, p = z[0], z[1]
    for _ in range(5):
        p = p - 0.05 * grad(energy, 0)(q, p)
        q = q + 0.05 * grad(energy, argnums="p")(q, p)
    return energy(q, p)


@program(V, W)
def hessian_times_vector(x, v):
    def f(z):
        return np.sum(np.sin(z) * z**2 * x[0])

    return np.sum(jvp(grad(f), (x,), (v,))[1] * v) + np.sum(grad(lambda z: np.sum(grad(f)(z) * v))(x))


@program(V)
def rows_of_a_hessian(x):
    def f(z):
        return z[0] ** 2 * z[1] + np.exp(z[2] * z[0])

    hessian = np.array([grad(lambda z, i=i: grad(f)(z)[i])(x) for i in range(3)])
    return np.sum(hessian * hessian)


@program(V)
def columns_of_a_jacobian(x):
    def f(z):
        return np.array([z[0] * z[1], np.sin(z[2]), z[1] ** 2])

    columns = []
    for i in range(3):
        e = np.zeros(3)
        e[i] = 1.0
        columns.append(jvp(f, (x,), (e,))[1])
    return np.linalg.det(np.stack(columns, axis=1) + np.eye(3))


@program({"a": 1.2, "b": V})
def a_dict_of_parameters(p):
    def loss(q):
        return q["a"] * p["a"] ** 2 + np.sum(q["b"] ** 3) * p["a"]

    value, slope = value_and_grad(loss)(p)
    return value + slope["a"] * 2 + np.sum(slope["b"])


@dataclasses.dataclass
class Line:
    w: np.ndarray
    b: float


@program(Line(V, 0.5), W)
def a_dataclass_of_parameters(p, x):
    def loss(q):
        return np.sum((x * q.w + q.b) ** 2) * p.b

    slope = grad(loss)(p)
    return loss(Line(p.w - 0.1 * slope.w, p.b - 0.1 * slope.b))


@program(1.3, 0.6)
def tuples_and_lists_of_parameters(x, y):
    pair = grad(lambda t: t.a**2 * t.b * x)(Pair(x, y))
    nested = grad(lambda ps: ps[0] ** 2 * ps[1]["k"] * y)([x, {"k": y}])
    return pair.a * pair.b + nested[0] + nested[1]["k"]


@program(1.3)
def every_kind_of_parameter(x):
    def f(a, /, b, *args, c=2.0, **more):
        return a * b * c * args[0] * more["z"]

    return sum(grad(f, argnums=(0, 1, 2, "c", "z"))(x, 2.0, x * x, c=x, z=3.0))


@program(1.3)
def decorated_inside(x):
    @grad(argnums=(0, "k"))
    def f(a, b=x, *, k=2.0):
        return a * b * k**2

    u, v = f(x, k=x)
    return u * v


@program(1.3)
def with_auxiliary_results(x):
    def f(y):
        return y * y * x, y + x

    slope, more = grad(f, has_aux=True)(x)
    (value, again), other = value_and_grad(f, has_aux=True)(x * 2)
    return slope * more + value * other - again


@program(1.3)
def an_int_is_taken_as_a_float(x):
    return grad(lambda y: y**3 * x)(2)


@program(0.7, 2.0)
def in_both_branches(x, c):
    def f(y):
        return x * y**2

    if x > 0.5:
        slope = grad(f)(c * x)
    else:
        slope = grad(lambda t: t**3 * c)(x)
    return slope * x


@program(1.3)
def of_a_function_with_branches(x):
    def f(y):
        return y**2 * x if y > 0 else -y * x

    return sum(grad(f)(t) * t for t in (-1.0, 2.0, x))


@program(1.3, 4)
def of_a_function_with_a_loop(x, n):
    def f(y):
        s = 1.0
        for _ in range(n):
            s = s * y + x
        return s

    return grad(f)(x) + grad(grad(f))(x)


@program(1.3)
def of_a_function_with_a_while(x):
    def f(y):
        s = y
        while s < 10:
            s = s * y * x
        return s

    return grad(f)(x)


@program(V)
def of_a_function_that_stores(v):
    def f(u):
        w = u.copy()
        w[1:] *= w[:-1]
        w += v
        return np.sum(w**2)

    return np.sum(grad(f)(v) * v)


@program(V)
def of_a_function_that_changes_its_argument(x):
    def f(v):
        v[0] = v[0] * 2.0
        return np.sum(v * v * x)

    u = x.copy()
    slope = grad(f)(u)
    return np.sum(slope * u)


@program(V)
def stored_item_by_item(v):
    out = np.zeros_like(v)
    slope = grad(lambda y: y**3 * v[1])
    for i in range(len(v)):
        out[i] = slope(v[i])
    return np.sum(out * v)


@program(1.3)
def of_one_function_or_another(x):
    slope = grad(lambda y: y**3 * x) if x > 1 else grad(lambda y: y * x)
    f = np.sin if x > 0 else np.cos
    return slope(x) * grad(f)(x)


@program(1.3)
def of_a_function_made_in_a_loop(x):
    y = x
    for i in range(3):

        def loss(t):
            return t * t * x + i * t  # noqa: B023  it is meant: it is called in the same turn

        y = y - 0.1 * grad(loss)(y)
    return y


@program(1.3)
def a_table_of_derivatives(x):
    slopes = {"a": grad(np.sin), "b": grad(lambda t: t * t * x)}
    return slopes["a"](x) * slopes["b"](x) + sum(map(grad(lambda y: y**3 * x), [1.0, x, 2.0 * x]))


def derived(f, times):
    for _ in range(times):
        f = grad(f)
    return f


@program(1.3)
def taylor_series(x):
    total, factor = 0.0, 1.0
    for n in range(4):
        total = total + derived(lambda y: np.sin(y * x), n)(0.3) * 0.1**n / factor
        factor *= n + 1
    return total


@program(1.3)
def returned_from_a_maker(x):
    def make(c):
        return grad(lambda y: c * y**3 * x)

    return make(x)(x) + make(2.0)(x)


@program(1.3, 0.6)
def of_a_partial(x, y):
    f = functools.partial(lambda a, b, c=1.0: a**2 * b * c, c=y)
    return grad(f)(x, y) + grad(functools.partial(f, x))(y) + grad(f, argnums="c")(x, y, c=y)


class Model:
    def __init__(self, w):
        self.w = w

    def __call__(self, x):
        return np.tanh(self.w * x)

    def energy(self, q):
        return self(q) ** 2 * self.w

    @property
    def slope(self):
        return grad(self.energy)

    def force(self, q):
        return -self.slope(q)

    @staticmethod
    def potential(q):
        return q**4

    @classmethod
    def pull(cls, q):
        return grad(cls.potential)(q) * q


class Stiffer(Model):
    def energy(self, q):
        return super().energy(q) + grad(super().energy)(q)


OUTSIDE = Model(1.3)


@program(1.3)
def of_methods(q):
    return OUTSIDE.force(q) + OUTSIDE.pull(q) + grad(OUTSIDE)(q)


@program(1.3)
def of_methods_of_an_object_made_inside(q):
    model = Stiffer(q)
    return model.force(q) * grad(model)(q)


outside_slopes = grad(lambda x, y: x**2 * y**3, argnums=(0, 1))


@program(1.3)
def made_outside(x):
    a, b = outside_slopes(x, x * 2)
    return a * b + grad(math.exp)(x) * grad(np.tanh)(x)
