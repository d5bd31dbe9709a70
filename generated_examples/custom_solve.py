import numpy as np
import tests.programs.transformed


def of_shape(x, shape, what):
    """Return x, which has to be of this shape."""
    if np.shape(x) != shape:
        raise ValueError(f"{what} is of shape {np.shape(x)}, and has to be of shape {shape}")
    return x


def compliance_grad(stiffness, load):
    """Gradient of compliance with respect to stiffness, load (reverse mode)."""
    # primal
    v1 = tests.programs.transformed.solved(stiffness, load)
    # adjoint
    b_bar = tests.programs.transformed.solved(stiffness.T, load)  # b_bar = solved(a.T, ans_bar)
    v2 = -np.outer(b_bar, v1)  # return -np.outer(b_bar, ans), b_bar
    v3 = len(stiffness)  # return load @ solved(stiffness, load)
    v4 = stiffness.shape[1]
    stiffness_bar = of_shape(v2, (v3, v4), 'a_bar in the rule of solved')
    load_bar = v1 + b_bar
    return stiffness_bar, load_bar
