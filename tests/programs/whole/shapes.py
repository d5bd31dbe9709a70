"""Mass and drag of a body put together from simple shapes, told apart by ``match``."""

import math
from dataclasses import dataclass


@dataclass
class Sphere:
    radius: float


@dataclass
class Cylinder:
    radius: float
    length: float


@dataclass
class Cone:
    radius: float
    length: float


def volume_and_area(shape):
    match shape:
        case Sphere(r):
            return 4.0 / 3.0 * math.pi * r**3, math.pi * r**2
        case Cylinder(r, length) if length > 4.0 * r:
            return math.pi * r**2 * length, 2.2 * r * length
        case Cylinder(r, length):
            return math.pi * r**2 * length, 2.0 * r * length
        case Cone(radius=r, length=length):
            return math.pi * r**2 * length / 3.0, r * length
        case _:
            raise TypeError(f"an unknown shape: {shape}")


def deceleration(radius, length, density, speed):
    """Of a rocket with a body, a tip and a ball inside of it."""
    mass = drag = 0.0
    for part in (Cylinder(radius, length), Cone(radius, 2.0 * radius), Sphere(0.5 * radius)):
        volume, area = volume_and_area(part)
        mass += density * volume
        drag += 0.5 * 1.2 * speed**2 * area
    return drag / mass
