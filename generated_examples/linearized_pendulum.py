import numpy as np


def pendulum_forward(angle, speed, gravity):
    """Value of pendulum, and what its derivative needs."""
    product_tape = []
    sin_tape = []
    cos_tape = []
    for _ in range(100):
        v1 = 0.01 * gravity
        v2 = np.sin(angle)
        speed -= v1 * v2
        angle1 = angle + 0.01 * speed
        product_tape.append(v1)
        sin_tape.append(v2)
        cos_tape.append(np.cos(angle))
        angle = angle1
    return (angle, speed), (product_tape, sin_tape, cos_tape)


def pendulum_linear(residuals, angle_dot, speed_dot, gravity_dot):
    """Tangent of pendulum for tangents of its arguments."""
    product_tape, sin_tape, cos_tape = residuals
    for i in range(100):
        v1 = angle_dot * cos_tape[i] * product_tape[i]
        speed_dot -= gravity_dot * 0.01 * sin_tape[i] + v1
        angle_dot += speed_dot * 0.01
    return angle_dot, speed_dot
