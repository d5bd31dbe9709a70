def relaxed_tangents(u, u_dot):
    """Tangents of relaxed for rows of tangents of u (forward mode)."""
    for _ in range(5):
        v = u.copy()
        v_dot = u_dot.copy()
        v1 = u[1:-1]
        v2 = u_dot[:, 1:-1]
        v3 = u_dot[:, 2:] - v2 * 2.0 + u_dot[:, :-2]
        v4 = v1 + 0.1 * (u[2:] - 2.0 * v1 + u[:-2])
        v5 = v2 + v3 * 0.1 - v2 * (3 * v1 ** 2) * 0.01
        v[1:-1] = v4 - 0.01 * v1 ** 3
        v_dot[:, 1:-1] = v5
        u = v
        u_dot = v_dot
    u_dot = u_dot.copy()
    return u_dot,
