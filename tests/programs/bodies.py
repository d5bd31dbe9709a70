"""Lists of objects as simulations have them: made from rows, changed where they stand, taken in pairs, in other lists
as well. And loops whose bodies change what they run over."""

import heapq
import itertools
from dataclasses import dataclass, field

import numpy as np

from tests.programs import program

MASSES, PLACES = np.array([1.0, 2.0, 0.5, 0.9]), np.array([[0.1, -0.3], [1.2, 0.4], [-0.6, 0.9], [0.5, -1.1]])
X = np.array([0.3, 0.7, -0.4, 1.1])


@dataclass
class Body:
    mass: float
    place: np.ndarray
    speed: np.ndarray = field(default_factory=lambda: np.zeros(2))


class System:
    def __init__(self, bodies):
        self.bodies, self.time = bodies, 0.0

    def forces(self):
        found = [np.zeros(2) for _ in self.bodies]
        for (i, a), (j, b) in itertools.combinations(enumerate(self.bodies), 2):
            way = b.place - a.place
            pull = a.mass * b.mass * way / (np.linalg.norm(way) ** 3 + 0.1)
            found[i] += pull
            found[j] -= pull
        return found

    def step(self, dt):
        for body, force in zip(self.bodies, self.forces()):
            body.speed = body.speed + dt * force / body.mass
            body.place = body.place + dt * body.speed
        self.time += dt


@program(MASSES, PLACES, 0.1)
def a_system_of_bodies(masses, places, dt):
    system = System([Body(m, p.copy()) for m, p in zip(masses, places)])
    while system.time < 0.25:
        system.step(dt)
    return sum(b.mass * b.speed @ b.speed for b in system.bodies)


@program(MASSES, PLACES, 0.1)
def pairs_that_are_changed(masses, places, dt):
    bodies = [Body(m, p) for m, p in zip(masses, places)]
    for _ in range(2):
        for a, b in itertools.combinations(bodies, 2):
            way = b.place - a.place
            a.speed = a.speed + dt * b.mass * way
            b.speed -= dt * a.mass * way
        for b in bodies:
            b.place = b.place + dt * b.speed
    return sum(b.mass * b.place @ b.speed for b in bodies)


@program(MASSES, PLACES, 0.1)
def all_but_itself(masses, places, dt):
    bodies = []
    for m, p in zip(masses, places):
        bodies.append(Body(m, p))
    for b in bodies:
        for other in bodies:
            if other is not b:
                b.speed += dt * other.mass * (other.place - b.place)
    return sum(b.speed @ b.speed for b in bodies)


@program(MASSES, PLACES)
def those_that_are_heavy(masses, places):
    bodies = [Body(m, p) for m, p in zip(masses, places)]
    heavy = [b for b in bodies if b.mass > 0.8]
    for b in heavy:
        b.speed = b.speed + b.mass * b.place
    return sum(b.speed @ b.speed for b in heavy)


@program(MASSES)
def a_merging_queue(masses):
    queue = sorted([Body(m, m * np.ones(2)) for m in masses], key=lambda b: b.mass)
    total = 0.0
    while len(queue) > 1:
        a, b = queue.pop(0), queue.pop(0)
        merged = Body(a.mass + b.mass, a.place * b.place)
        total += merged.mass**2 + np.sum(merged.place)
        queue.append(merged)
        queue.sort(key=lambda b: b.mass)
    return total


@program(X)
def pools_are_taken_at_once(x):
    xs, y, s = [v * 1.0 for v in x], x * 1.0, 0.0
    for a, b in itertools.combinations(xs, 2):
        s += a * b
        xs[-1] = 3.0 * xs[-1]
    for a, b in itertools.product(y, [1.0, 2.0]):
        s += a * b
        y[1] = 2.0 * y[1]
    return s + xs[-1] * y[1]


@program(X)
def iterators_see_what_is_stored(x):
    y, s = x * 1.0, 0.0
    for v in (w * w for w in y):
        s += v
        y[-1] = s
    xs = [v * 1.0 for v in x]
    for v in map(lambda w: w * s, xs):
        s += v
        xs[2] = xs[2] * 0.5 + v
    for v in filter(lambda w: w > 0.5, xs):
        s += v
        xs[3] = -v
    return s


@program(X)
def the_last_one_read(x):
    s, last = 0.0, x[0]
    for a, _ in itertools.combinations(x, 2):
        s += a * 3.0
    for w in itertools.takewhile(lambda v: v < 1.0, x):
        last = w * 2.0
    return s + a * last


@program(X)
def endless_iterators(x):
    s = sum(v * k for v, k in zip(x, itertools.count(1)))
    for v, w in zip(x, itertools.cycle([1.0, -2.0])):
        s += np.sin(v) * w
    for k in itertools.count():
        s += x[0] ** k
        if x[0] ** k < 0.05:
            break
    return s + sum(map(lambda v, c: v**c, x, itertools.repeat(3))) * sum(itertools.repeat(x[1] * s, 2))


@program(X)
def the_largest_and_the_smallest(x):
    return sum(heapq.nlargest(2, x)) * heapq.nsmallest(1, x, key=lambda v: v * v)[0]


@program(X)
def a_list_of_the_same_objects(x):
    bodies = [Body(v, v * np.ones(2)) for v in x]
    seen, s = 0.0, 0.0
    for k, b in enumerate(list(bodies)):
        b.mass += seen
        seen += b.mass * k
        s += b.place @ b.speed + b.mass
    return s


@program(np.array([0.3, 0.7, 1.1, 0.2, 0.5]))
def neighbours_by_one_iterator(x):
    s = sum(p * q - r for p, q, r in zip(*[iter(list(x))] * 3))
    for p, q in zip(*[iter(x)] * 2):
        s += p * q * q
    return s


@program(X)
def what_is_zipped_beside_others(x):
    s = 0.0
    for a, b in zip(x, map(np.sin, x)):
        s += a * b
    for a, (b, c) in zip((w * w for w in x), zip(x, map(abs, x))):
        s += a * b * c
    for v in ((double := w * 2) for w in x):
        s += v * double
    return s * double
