import numpy as np


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


def kinetic_energy_grad(places, stiffness, steps):
    """Gradient of kinetic_energy with respect to places, stiffness (reverse mode)."""
    # primal
    chain = []
    for k in range(len(places)):
        chain.append({'x': places[k], 'v': 0.0, 'mass': 1.0 + 0.1 * k})
    item_tape = []
    difference_tape = []
    item_tape1 = []
    for _ in range(steps):
        chain1 = chain
        for k in range(1, len(chain)):
            v1 = chain1[k - 1]
            v2 = v1['x']
            v3 = v1['mass']
            item_tape.append(v3)
            v4 = chain1[k]['x'] - v2 - 1.0
            difference_tape.append(v4)
            force = stiffness * v4
            v5 = v1['v'] + force / v3 * 0.01
            chain1[k - 1] = {'x': v2 + v5 * 0.01, 'v': v5, 'mass': v3}
            v6 = chain1[k]
            v7 = v6['mass']
            item_tape1.append(v7)
            v8 = v6['v'] - force / v7 * 0.01
            chain1[k] = {'x': v6['x'] + v8 * 0.01, 'v': v8, 'mass': v7}
        chain = chain1
    v9 = len(chain)
    # adjoint
    chain_bar = zero_of(chain)  # return sum(p.energy for p in chain)
    v10 = 1.0
    for v11 in range(v9 - 1, -1, -1):
        v12 = chain[v11]
        v13 = v12['v']
        v14 = v10 * (0.5 * v12['mass']) * (2 * v13)  # return 0.5 * self.mass * self.v**2
        # return sum(p.energy for p in chain)
        chain_bar[v11] = added(chain_bar[v11], {'x': 0.0, 'v': v14, 'mass': v10 * v13 ** 2 * 0.5})
    stiffness_bar = 0.0
    for _ in range(steps - 1, -1, -1):
        for k in range(v9 - 1, 0, -1):
            v15 = item_tape1.pop()
            v16 = difference_tape.pop()
            v17 = item_tape.pop()
            v18 = chain_bar[k]  # self.x += self.v * dt
            chain_bar[k] = {'x': 0.0, 'v': 0.0, 'mass': 0.0}
            v19 = v18['x']
            v20 = chain_bar[k]  # self.v += force / self.mass * dt
            chain_bar[k] = {'x': 0.0, 'v': 0.0, 'mass': 0.0}
            v21 = v18['v'] + v19 * 0.01 + v20['v']
            v22 = v21 * 0.01
            force = stiffness * v16  # force = stiffness * (right.x - left.x - 1.0)
            # self.v += force / self.mass * dt
            v23 = v18['mass'] + v20['mass'] + v22 * (force / v15 / v15)
            # right.push(-force, 0.01)
            chain_bar[k] = added(chain_bar[k], {'x': v19 + v20['x'], 'v': v21, 'mass': v23})
            v24 = chain_bar[k - 1]  # self.x += self.v * dt
            chain_bar[k - 1] = {'x': 0.0, 'v': 0.0, 'mass': 0.0}
            v25 = v24['x']
            v26 = chain_bar[k - 1]  # self.v += force / self.mass * dt
            chain_bar[k - 1] = {'x': 0.0, 'v': 0.0, 'mass': 0.0}
            v27 = v24['v'] + v25 * 0.01 + v26['v']
            v28 = v27 * 0.01
            force_bar = v28 / v17 - v22 / v15
            v29 = v24['mass'] + v26['mass'] - v28 * (force / v17 / v17)
            stiffness_bar += force_bar * v16  # force = stiffness * (right.x - left.x - 1.0)
            v30 = force_bar * stiffness
            # left, right = chain[k - 1], chain[k]
            chain_bar[k] = added(chain_bar[k], {'x': v30, 'v': 0.0, 'mass': 0.0})
            chain_bar[k - 1] = added(chain_bar[k - 1], {'x': v25 + v26['x'] - v30, 'v': v27,
                'mass': v29})
    # chain = [Particle(x, 1.0 + 0.1 * k) for k, x in enumerate(places)]
    places_bar = np.zeros_like(places)
    for k in range(len(places) - 1, -1, -1):
        v31 = chain_bar.pop()
        places_bar[k] += v31['x']
    return places_bar, stiffness_bar
