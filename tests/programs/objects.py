"""Classes as people write them: methods, properties, operators, dataclasses, namedtuples, enums, descriptors."""

import abc
import collections
import copy
import dataclasses
import enum
import functools
import math
from dataclasses import InitVar, asdict, astuple, dataclass, field, fields, replace
from types import SimpleNamespace
from typing import (
    Any,
    ClassVar,
    Generic,
    NamedTuple,
    Protocol,
    TypedDict,
    TypeVar,
    runtime_checkable,
)

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8])


class Vector:
    def __init__(self, *c):
        self.c = tuple(c)

    def __add__(self, o):
        return Vector(*(a + b for a, b in zip(self.c, o.c)))

    def __sub__(self, o):
        return Vector(*[a - b for a, b in zip(self.c, o.c)])

    def __mul__(self, k):
        if isinstance(k, Vector):
            return sum((a * b for a, b in zip(self.c, k.c)))
        return Vector(*[a * k for a in self.c])

    __rmul__ = __mul__

    def __neg__(self):
        return self * -1

    def __abs__(self):
        return math.sqrt(self * self)

    def __getitem__(self, i):
        return self.c[i]

    def __len__(self):
        return len(self.c)

    def __iter__(self):
        return iter(self.c)

    def __eq__(self, o):
        return self.c == o.c

    def __truediv__(self, k):
        return self * (1 / k)

    def __matmul__(self, o):
        return self * o

    def __bool__(self):
        return any(self.c)


@program(1.3, 0.7)
def vec(x, y):
    v = Vector(x, y, x * y)
    w = 2 * v - v / 3
    return abs(w) + v @ w * (-w)[1] + len(v)


@program(1.3, 0.7)
def vec2(x, y):
    acc = Vector(0.0, 0.0)
    for i in range(5):
        acc = acc + Vector(x, y) * i
    a, b = acc
    if acc:
        a = a * 2
    return a * b


@program(1.3)
def vec3(x, n=50):
    acc = Vector(0.0, 1.0)
    for i in range(n):
        acc = acc * 0.9 + Vector(x, x * x)
    return abs(acc)


class Quaternion:
    __slots__ = ("w", "x", "y", "z")

    def __init__(self, w, x=0.0, y=0.0, z=0.0):
        self.w, self.x, self.y, self.z = (w, x, y, z)

    def __mul__(self, o):
        if not isinstance(o, Quaternion):
            return Quaternion(self.w * o, self.x * o, self.y * o, self.z * o)
        return Quaternion(
            self.w * o.w - self.x * o.x - self.y * o.y - self.z * o.z,
            self.w * o.x + self.x * o.w + self.y * o.z - self.z * o.y,
            self.w * o.y - self.x * o.z + self.y * o.w + self.z * o.x,
            self.w * o.z + self.x * o.y - self.y * o.x + self.z * o.w,
        )

    def conj(self):
        return Quaternion(self.w, -self.x, -self.y, -self.z)

    @property
    def norm(self):
        return math.sqrt(self.w**2 + self.x**2 + self.y**2 + self.z**2)

    @classmethod
    def from_axis(cls, axis, angle):
        s = math.sin(angle / 2)
        return cls(math.cos(angle / 2), *[s * a for a in axis])

    @staticmethod
    def identity():
        return Quaternion(1.0)

    def rotate(self, v):
        r = self * Quaternion(0.0, *v) * self.conj()
        return (r.x, r.y, r.z)

    def normalised(self):
        n = self.norm
        return self * (1 / n)


@program(0.4, 1.1)
def quat(a, b):
    q = (
        Quaternion.from_axis((0.6, 0.0, 0.8), a)
        * Quaternion.from_axis((0.0, 1.0, 0.0), b)
        * Quaternion.identity()
    )
    q = q.normalised()
    x, y, z = q.rotate((1.0, 2.0, 3.0))
    return x * y + z * q.norm


class Dual:
    def __init__(self, re, du=0.0):
        self.re = re
        self.du = du

    def _lift(self, o):
        return o if isinstance(o, Dual) else Dual(o)

    def __add__(self, o):
        o = self._lift(o)
        return Dual(self.re + o.re, self.du + o.du)

    __radd__ = __add__

    def __mul__(self, o):
        o = self._lift(o)
        return Dual(self.re * o.re, self.re * o.du + self.du * o.re)

    __rmul__ = __mul__

    def __pow__(self, n):
        return Dual(self.re**n, n * self.re ** (n - 1) * self.du)

    def __neg__(self):
        return Dual(-self.re, -self.du)

    def __sub__(self, o):
        return self + -self._lift(o)

    def __rsub__(self, o):
        return self._lift(o) - self

    def __lt__(self, o):
        return self.re < self._lift(o).re

    def __float__(self):
        return float(self.re)


@program(1.3)
def dual(x):
    d = Dual(x, 1.0)
    y = 3 * d * d + d**3 - 1 + (2 - d)
    if d < 5:
        y = y * 2
    return y.du + float(y)


class Polynomial:
    def __init__(self, coeffs):
        self.coeffs = list(coeffs)

    def __call__(self, x):
        r = 0.0
        for c in reversed(self.coeffs):
            r = r * x + c
        return r

    def derivative(self):
        return Polynomial([k * c for k, c in enumerate(self.coeffs)][1:])

    def __mul__(self, o):
        out = [0.0] * (len(self.coeffs) + len(o.coeffs) - 1)
        for i, a in enumerate(self.coeffs):
            for j, b in enumerate(o.coeffs):
                out[i + j] += a * b
        return Polynomial(out)

    def __add__(self, o):
        n = max(len(self.coeffs), len(o.coeffs))
        a = self.coeffs + [0.0] * (n - len(self.coeffs))
        b = o.coeffs + [0.0] * (n - len(o.coeffs))
        return Polynomial([p + q for p, q in zip(a, b)])

    @property
    def degree(self):
        return len(self.coeffs) - 1

    def __getitem__(self, i):
        return self.coeffs[i]

    def __setitem__(self, i, v):
        self.coeffs[i] = v

    def __contains__(self, v):
        return v in self.coeffs

    def __repr__(self):
        return f"Polynomial({self.coeffs})"


@program(1.3, 0.7, 0.3)
def poly(a, b, x):
    p = Polynomial([a, b, 1.0])
    q = p * p + p.derivative()
    q[0] += a
    return q(x) * q.degree + p[1]


class Matrix:
    def __init__(self, rows):
        self.rows = [list(r) for r in rows]
        self.n = len(self.rows)
        self.m = len(self.rows[0])

    def __matmul__(self, o):
        return Matrix(
            [
                [sum((self.rows[i][k] * o.rows[k][j] for k in range(self.m))) for j in range(o.m)]
                for i in range(self.n)
            ]
        )

    def __getitem__(self, ij):
        i, j = ij
        return self.rows[i][j]

    def __setitem__(self, ij, v):
        i, j = ij
        self.rows[i][j] = v

    def transpose(self):
        return Matrix(zip(*self.rows))

    T = property(transpose)

    def trace(self):
        return sum((self[i, i] for i in range(self.n)))

    @classmethod
    def eye(cls, n):
        return cls([[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)])


@program(1.3, 0.7)
def mat(a, b):
    A = Matrix([[a, b], [b * a, 1.0]])
    B = A @ A.T @ Matrix.eye(2)
    B[0, 1] *= a
    return (B @ A).trace()


class Shape(abc.ABC):
    name = "shape"

    @abc.abstractmethod
    def area(self): ...

    @property
    @abc.abstractmethod
    def perimeter(self): ...

    def ratio(self):
        return self.area() / self.perimeter


class Rect(Shape):
    def __init__(self, w, h):
        self.w = w
        self.h = h

    def area(self):
        return self.w * self.h

    @property
    def perimeter(self):
        return 2 * (self.w + self.h)


class Square(Rect):
    def __init__(self, s):
        super().__init__(s, s)

    def area(self):
        return super().area() * 1.5


class Circle(Shape):
    PI = math.pi

    def __init__(self, r):
        super().__init__()
        self.r = r

    def area(self):
        return self.PI * self.r**2

    @property
    def perimeter(self):
        return 2 * self.PI * self.r


@program(1.3, 0.7)
def shapes(a, b):
    ss = [Rect(a, b), Square(a), Circle(b)]
    return sum((s.ratio() for s in ss)) + max((s.area() for s in ss))


class A:
    def f(self, x):
        return x * 2


class B(A):
    def f(self, x):
        return super().f(x) + x**2


class C(A):
    def f(self, x):
        return super().f(x) * x


class D(B, C):
    def f(self, x):
        return super().f(x) + 1


@program(1.3)
def mro(x):
    return D().f(x)


class PID:
    def __init__(self, kp, ki, kd):
        self.kp, self.ki, self.kd = (kp, ki, kd)
        self.integral = 0.0
        self.prev = None

    def update(self, err, dt):
        self.integral += err * dt
        d = 0.0 if self.prev is None else (err - self.prev) / dt
        self.prev = err
        return self.kp * err + self.ki * self.integral + self.kd * d


@program(2.0, 0.5, 0.1)
def pid(kp, ki, kd):
    c = PID(kp, ki, kd)
    x = 0.0
    v = 0.0
    cost = 0.0
    for _ in range(40):
        u = c.update(1.0 - x, 0.05)
        v += 0.05 * (u - 0.5 * v)
        x += 0.05 * v
        cost += (1.0 - x) ** 2
    return cost


@program(2.0, 0.5, 0.1)
def pid_while(kp, ki, kd):
    c = PID(kp, ki, kd)
    x = 0.0
    v = 0.0
    t = 0.0
    while t < 1.0:
        u = c.update(1.0 - x, 0.05)
        v += 0.05 * (u - 0.5 * v)
        x += 0.05 * v
        t += 0.05
    return x + c.integral


class Kalman:
    def __init__(self, F, H, Q, R, x0, P0):
        self.F = F
        self.H = H
        self.Q = Q
        self.R = R
        self.x = x0
        self.P = P0
        self.loglik = 0.0

    def predict(self):
        self.x = self.F @ self.x
        self.P = self.F @ self.P @ self.F.T + self.Q

    def update(self, z):
        y = z - self.H @ self.x
        S = self.H @ self.P @ self.H.T + self.R
        K = self.P @ self.H.T @ np.linalg.inv(S)
        self.x = self.x + K @ y
        self.P = (np.eye(2) - K @ self.H) @ self.P
        self.loglik -= 0.5 * (y @ np.linalg.solve(S, y) + np.log(np.linalg.det(S)))


ZS = np.array([[1.0], [2.1], [2.9], [4.2]])


@program(0.1, 0.5)
def kalman(q, r):
    F = np.array([[1.0, 1.0], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    kf = Kalman(F, H, q * np.eye(2), r * np.eye(1), np.zeros(2), np.eye(2))
    for z in ZS:
        kf.predict()
        kf.update(z)
    return kf.loglik


class Particle:
    def __init__(self, x, v, m=1.0):
        self.x = x
        self.v = v
        self.m = m

    def kinetic(self):
        return 0.5 * self.m * self.v**2

    def step(self, f, dt):
        self.v += f / self.m * dt
        self.x += self.v * dt


@program(1.3, 0.7)
def particles(a, b):
    ps = [Particle(a, b), Particle(b, -a, 2.0), Particle(a * b, 0.0)]
    for t in range(20):
        fs = []
        for p in ps:
            f = 0.0
            for q in ps:
                if q is not p:
                    f += q.x - p.x
            fs.append(f)
        for p, f in zip(ps, fs):
            p.step(f, 0.01)
    return sum((p.kinetic() for p in ps))


@program(X, 2 * X)
def particles_arr(x, v):
    ps = [Particle(x[i], v[i]) for i in range(len(x))]
    for t in range(20):
        for p in ps:
            p.step(-p.x, 0.1)
    return sum([p.kinetic() for p in ps])


class Layer:
    def __init__(self, W, b, act=np.tanh):
        self.W = W
        self.b = b
        self.act = act

    def __call__(self, x):
        return self.act(x @ self.W + self.b)


class Net:
    def __init__(self, layers):
        self.layers = layers

    def add(self, l):
        self.layers.append(l)
        return self

    def __call__(self, x):
        for l in self.layers:
            x = l(x)
        return x


@program(np.arange(6.0).reshape(3, 2) / 5, np.array([0.1, 0.2]), np.array([[1.0], [2.0]]))
def net(W1, b1, W2):
    n = Net([]).add(Layer(W1, b1)).add(Layer(W2, 0.0, act=lambda z: z))
    return np.sum(n(X) ** 2)


X = np.array([0.5, -1.2, 0.8])


@dataclass
class P:
    a: float
    b: float = 2.0
    h: list = field(default_factory=list)
    K: ClassVar[float] = 3.0
    c: float = field(init=False)

    def __post_init__(self):
        self.c = self.a * self.b

    def total(self):
        return self.a + self.b * self.c * self.K


@program(1.3)
def dc1(x):
    p = P(x)
    p.h.append(x * x)
    p.a += 1.0
    q = replace(p, b=x)
    return p.total() * q.total() + sum(q.h)


@dataclass(frozen=True)
class V2:
    x: float
    y: float

    def __add__(self, o):
        return V2(self.x + o.x, self.y + o.y)

    def __mul__(self, k):
        return V2(self.x * k, self.y * k)

    __rmul__ = __mul__

    def dot(self, o):
        return self.x * o.x + self.y * o.y

    @property
    def norm(self):
        return math.hypot(self.x, self.y)

    def __post_init__(self):
        if not isinstance(self.x, float):
            object.__setattr__(self, "x", self.x * 1.0)


@program(1.3, 0.7)
def dc2(x, y):
    v = V2(x, y)
    for _ in range(30):
        v = v + 0.1 * V2(-v.y, v.x)
    return v.norm + v.dot(V2(1.0, 2.0))


@dataclass(kw_only=True, slots=True)
class KW:
    a: float
    b: float = 1.0
    scale: InitVar[float] = 2.0

    def __post_init__(self, scale):
        self.a = self.a * scale


@program(1.3)
def dc3(x):
    k = KW(a=x, scale=x)
    l = KW(b=x, a=1.0)
    return k.a * l.a * l.b


@dataclass
class Base:
    a: float

    def val(self):
        return self.a**2


@dataclass
class Child(Base):
    b: float = 1.0

    def val(self):
        return super().val() + self.b


@program(1.3)
def dc4(x):
    c = Child(x, b=2 * x)
    d = asdict(c)
    t = astuple(c)
    s = 0.0
    for f in fields(c):
        s += getattr(c, f.name)
    return c.val() + d["a"] * t[1] + s


@program(1.3)
def dc5(x):
    c = Child(x)
    e = Child(x)
    return (c.a if c == e else 0.0) + x


@dataclass(order=True)
class Ord:
    k: float
    w: float = field(compare=False)


class NT(NamedTuple):
    x: float
    y: float = 2.0

    def norm(self):
        return math.sqrt(self.x**2 + self.y**2)

    @property
    def prod(self):
        return self.x * self.y

    @classmethod
    def unit(cls):
        return cls(1.0, 1.0)

    def __add__(self, o):
        return NT(self.x + o.x, self.y + o.y)


Pt = collections.namedtuple("Pt", "x y", defaults=[1.0])


@program(1.3)
def nt2(x):
    p = Pt(x)
    q = Pt(y=x, x=2.0)
    s = 0.0
    for i in range(25):
        p = Pt(p.x + 0.1 * p.y, p.y - 0.1 * p.x)
        s += p.x
    return s * q.y + p[0]


@program(1.3)
def sns(x):
    s = SimpleNamespace(a=x, b=2.0)
    s.c = s.a * s.b
    for i in range(20):
        s.a = s.a * 0.9 + s.c
    return s.a + s.c


class Attr:
    k = 2.0

    def __init__(self, a, **kw):
        self.a = a
        self.__dict__.update(kw)
        for n, v in kw.items():
            setattr(self, n, v)

    def get(self, n, d=None):
        return getattr(self, n, d)

    def __hash__(self):
        return 1


@program(1.3)
def attr(x):
    o = Attr(x, b=x * x)
    o.k += 1
    return o.a * o.b * o.k * Attr.k + o.get("zz", 3.0) + (1.0 if hasattr(o, "b") else x)


class Attr2:
    def __init__(self, a, **kw):
        self.a = a
        for n, v in kw.items():
            setattr(self, n, v)


@program(1.3)
def attr2(x):
    o = Attr2(x, b=x * x)
    vars(o)["a"]
    return o.a * o.b


class Color(enum.Enum):
    RED = 1
    BLUE = 2.5

    def scale(self, x):
        return x * self.value


class Mode(enum.IntEnum):
    LIN = 0
    QUAD = 1


class Fl(enum.Flag):
    A = enum.auto()
    B = enum.auto()


@program(1.3)
def en(x, mode=Mode.QUAD, fl=Fl.A | Fl.B):
    y = Color.RED.scale(x) + Color["BLUE"].value * x + Color(1).value
    if mode == Mode.QUAD:
        y = y * x
    if fl & Fl.A:
        y += x
    t = {Color.RED: 1.0, Color.BLUE: x}
    for c in Color:
        y += t[c] * c.value
    if Color.RED.name == "RED" and Color.RED is Color.RED:
        y *= 2
    return y + mode * x + [1.0, 2.0][mode]


class TD(TypedDict):
    a: float
    b: float


@program(1.3)
def td(x):
    t = TD(a=x, b=2 * x)
    u: TD = {"a": x, "b": 3.0}
    return t["a"] * t["b"] + u["a"]


T = TypeVar("T")


class Box(Generic[T]):
    def __init__(self, v: T):
        self.v = v

    def map(self, f):
        return Box(f(self.v))


@program(1.3)
def gen(x):
    return Box[float](x).map(lambda v: v * v).v + Box(x).v


@runtime_checkable
class HasF(Protocol):
    def f(self, x: float) -> float: ...


class Impl:
    def f(self, x):
        return x**3


@program(1.3)
def proto(x):
    o = Impl()
    return o.f(x) if isinstance(o, HasF) else x


class Positive:
    def __set_name__(self, o, n):
        self.n = "_" + n

    def __get__(self, o, t=None):
        if o is None:
            return self
        return getattr(o, self.n)

    def __set__(self, o, v):
        if v < 0:
            raise ValueError("neg")
        setattr(o, self.n, v * 1.0)


class Desc:
    a = Positive()

    def __init__(self, a):
        self.a = a


@program(1.3)
def desc(x):
    d = Desc(x)
    d.a = d.a * 2
    return d.a * x


class Prop:
    def __init__(self, c):
        self._c = c

    @property
    def f(self):
        return self._c * 1.8 + 32

    @f.setter
    def f(self, v):
        self._c = (v - 32) / 1.8

    @functools.cached_property
    def heavy(self):
        return self._c**2

    @property
    def lazy(self):
        if not hasattr(self, "_l"):
            self._l = self._c * 3
        return self._l


@program(1.3)
def prop(x):
    p = Prop(x)
    p.f += 10
    h = p.heavy
    p._c = 1.0
    return h + p.heavy * p.f + p.lazy * p.lazy


class Node:
    def __init__(self, val, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right

    def eval(self):
        s = self.val
        if self.left is not None:
            s = s * self.left.eval()
        if self.right:
            s = s + self.right.eval()
        return s


@program(1.3, 0.7)
def tree(x, y):
    return Node(x, Node(y, Node(x)), Node(x * y, None, Node(2.0))).eval()


class Expr:
    pass


class Var(Expr):
    def __init__(self, n):
        self.n = n

    def ev(self, env):
        return env[self.n]


class Const(Expr):
    def __init__(self, v):
        self.v = v

    def ev(self, env):
        return self.v


class Bin(Expr):
    ops = {"+": lambda a, b: a + b, "*": lambda a, b: a * b}

    def __init__(self, op, l, r):
        self.op, self.l, self.r = (op, l, r)

    def ev(self, env):
        return self.ops[self.op](self.l.ev(env), self.r.ev(env))


TREE = Bin("*", Var("x"), Bin("+", Var("y"), Bin("*", Const(2.0), Var("x"))))


@program(1.3, 0.7)
def expr(x, y):
    return TREE.ev({"x": x, "y": y})


class LinkedList:
    class N:
        def __init__(self, v, nx):
            self.v = v
            self.nx = nx

    def __init__(self):
        self.head = None

    def push(self, v):
        self.head = LinkedList.N(v, self.head)

    def __iter__(self):
        out = []
        n = self.head
        while n is not None:
            out.append(n.v)
            n = n.nx
        return iter(out)


class SM:
    def __init__(self, x):
        self.state = "idle"
        self.x = x
        self.n = 0

    def step(self):
        if self.state == "idle":
            self.x *= 2
            self.state = "run"
        elif self.state == "run":
            self.x += 1
            self.n += 1
            if self.n > 3:
                self.state = "done"
        return self.state != "done"


@program(1.3)
def sm(x):
    s = SM(x)
    while s.step():
        pass
    return s.x**2


class SM2:
    def __init__(self, x):
        self.state = "heat"
        self.x = x
        self.e = 0.0

    def step(self):
        if self.state == "heat":
            self.x = self.x + 0.3 * self.x
            if self.x > 5.0:
                self.state = "cool"
        else:
            self.x = self.x * 0.8
            if self.x < 2.0:
                self.state = "heat"
        self.e += self.x


@program(1.3)
def sm2(x):
    s = SM2(x)
    for _ in range(30):
        s.step()
    return s.e


class Acc:
    def __init__(self):
        self.hist = []
        self.d = {}
        self.best = None

    def add(self, k, v):
        self.hist.append(v)
        self.d[k] = self.d.get(k, 0.0) + v
        if self.best is None or v > self.best:
            self.best = v


@program(1.3)
def acc(x):
    a = Acc()
    for k in ("a", "b", "a"):
        a.add(k, x)
        x = x * 1.1
    return sum(a.hist) * a.d["a"] + a.best


@program(1.3)
def acc2(x):
    a = Acc()
    for i in range(30):
        a.hist.append(x * i)
        x = x * 1.01
    return sum(a.hist) + a.hist[-1] * len(a.hist)


class Ctx:
    def __init__(self, a):
        self.a = a

    def __enter__(self):
        self.a *= 2
        return self

    def __exit__(self, *e):
        self.a += 1
        return False


@program(1.3)
def ctx(x):
    c = Ctx(x)
    with c as d:
        y = d.a * x
    return y + c.a


class GA:
    def __init__(self, a):
        self.data = {"a": a}

    def __getattr__(self, n):
        if n in ("a", "b"):
            return self.data["a"] * 2
        raise AttributeError(n)


@program(1.3)
def ga(x):
    return GA(x).b * x


class IA:
    def __init__(self, v):
        self.v = v

    def __iadd__(self, o):
        self.v += o
        return self

    def __call__(self, y, *, p=2):
        return self.v * y**p


@program(1.3)
def ia(x):
    a = IA(x)
    b = a
    a += x * x
    return b.v + a(x, p=3)


@program(1.3)
def copyobj(x):
    a = IA(x)
    b = copy.copy(a)
    c = copy.deepcopy(a)
    b.v *= 2
    c.v *= 3
    return a.v * b.v * c.v


@dataclass
class Moment:
    place: float
    time: float = 0.0

    def later(self, dt):
        return replace(self, place=self.place * (1 + dt), time=self.time + dt)


@program(2.0)
def history_of_states(x):
    state = Moment(x)
    path = [state]
    while state.time < 0.45:
        state = state.later(0.1)
        path.append(state)
    return path[-1].place ** 2 + max(p.place for p in path) * path[1].place


@program(2.0)
def history_of_dicts(x):
    state = {"x": x, "n": 0}
    path = [state]
    for _ in range(20):
        state = {"x": state["x"] * 1.1, "n": state["n"] + 1}
        path.append(state)
    return path[-1]["x"] * path[3]["x"] + path[5]["n"] * x


class Lazy:
    scale = None  # until it is asked for

    def __init__(self, x):
        self.x = x

    def scaled(self):
        if self.scale is None:
            self.scale = np.sum(self.x**2)
        return self.x / self.scale


class Lazier(Lazy):
    def scaled(self):
        return super().scaled() * (3.0 if super().scale is None else 1.0)


@program(X)
def none_by_class(x):
    made = Lazier(x)
    return np.sum(made.scaled() * np.sin(x)) + (made.scale if hasattr(made, "x") else 0.0)
