import math


def deceleration_grad(radius, length, density, speed):
    """Gradient of deceleration with respect to radius, length, density, speed (reverse mode)."""
    # primal
    length1 = 2.0 * radius
    r = 0.5 * radius
    v1 = length > 4.0 * radius
    if v1:
        volume = math.pi * radius ** 2 * length
        area = 2.2 * radius * length
    else:
        volume = math.pi * radius ** 2 * length
        area = length1 * length
    v2 = 0.6 * speed ** 2
    v3 = math.pi * radius ** 2
    volume1 = v3 * length1 / 3.0
    area1 = radius * length1
    mass = 0.0 + density * volume + density * volume1
    v4 = 4.0 / 3.0 * math.pi
    volume2 = v4 * r ** 3
    v5 = r ** 2
    area2 = math.pi * v5
    mass += density * volume2
    drag = 0.0 + v2 * area + v2 * area1 + v2 * area2
    v6 = drag / mass
    # adjoint
    v7 = 1.0 / mass  # return drag / mass
    mass_bar = -(v6 / mass)
    area_bar = v7 * v2  # drag += 0.5 * 1.2 * speed**2 * area
    volume_bar = mass_bar * density  # mass += density * volume
    r_bar = area_bar * math.pi * (2 * r)  # return 4.0 / 3.0 * math.pi * r**3, math.pi * r**2
    density_bar = mass_bar * volume2 + mass_bar * volume1  # mass += density * volume
    radius_bar = area_bar * length1  # return math.pi * r**2 * length / 3.0, r * length
    v8 = volume_bar / 3.0
    length_bar = area_bar * radius + v8 * v3
    v9 = 2 * radius
    radius_bar1 = radius_bar + v8 * length1 * math.pi * v9
    # drag += 0.5 * 1.2 * speed**2 * area
    speed_bar = (v7 * area2 + v7 * area1 + v7 * area) * 0.6 * (2 * speed)
    density_bar += mass_bar * volume  # mass += density * volume
    if v1:
        length_bar1 = area_bar * (2.2 * radius)  # return math.pi * r**2 * length, 2.2 * r * length
        radius_bar = radius_bar1 + area_bar * length * 2.2
        length_bar1 += volume_bar * v3
        radius_bar += volume_bar * length * math.pi * v9
    else:
        length_bar += area_bar * length  # return math.pi * r**2 * length, 2.0 * r * length
        length_bar1 = radius_bar + volume_bar * v3
        radius_bar = radius_bar1 + volume_bar * length * math.pi * v9
    radius_bar += (r_bar + volume_bar * v4 * (3 * v5)) * 0.5
    radius_bar += length_bar * 2.0
    return radius_bar, length_bar1, density_bar, speed_bar
