import numpy as np


def pendulum_taylor(angle, speed, gravity, angle_1, speed_1):
    """Value of pendulum and its Taylor coefficients for coefficients of angle, speed."""
    angle_2 = 0.0
    speed_2 = 0.0
    for _ in range(100):
        v1 = 0.01 * gravity
        v2 = np.sin(angle)
        v3 = np.cos(angle)
        v4 = v1 * ((2.0 * angle_2 * v3 - angle_1 * (angle_1 * v2)) / 2.0)
        speed -= v1 * v2
        speed_dot = speed_1 - v1 * (angle_1 * v3)
        speed_dot1 = speed_2 - v4
        angle += 0.01 * speed
        angle_dot = angle_1 + 0.01 * speed_dot
        angle_dot1 = angle_2 + 0.01 * speed_dot1
        angle_1 = angle_dot
        speed_1 = speed_dot
        angle_2 = angle_dot1
        speed_2 = speed_dot1
    return (angle, speed), ((angle_1, speed_1), (angle_2, speed_2))
