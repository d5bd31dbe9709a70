"""The trace as a graph, and highlighted source."""

from __future__ import annotations

import io

import numpy as np
import pytest

import s2sad
from s2sad.errors import InputError
from s2sad.views.highlight import Source, ansi, html, wants_colour


def f(x1, x2):
    return x1 * x2 + np.exp(x1 * x2) - np.sin(x2)


def test_mermaid():
    assert s2sad.trace(f, 1.5, 0.5).graph() == """\
graph LR
    v1(["v1 = x1"])
    v2(["v2 = x2"])
    v3["v3 = v1 * v2"]
    v4["v4 = np.exp(v3)"]
    v5["v5 = v3 + v4"]
    v6["v6 = np.sin(v2)"]
    v7["v7 = v5 - v6"]
    out(("f = v7"))
    v1 --> v3
    v2 --> v3
    v3 --> v4
    v3 --> v5
    v4 --> v5
    v2 --> v6
    v5 --> v7
    v6 --> v7
    v7 --> out"""


def test_dot():
    text = s2sad.trace(f, 1.5, 0.5).graph("dot")
    assert text.startswith('digraph "f" {\n    rankdir=LR;\n    v1 [shape=ellipse, label="v1 = x1"];')
    assert text.count(" -> ") == 9 and text.endswith("    v7 -> out;\n}")


def test_loops_and_branches_are_boxes():
    def h(x, n):
        y = x
        for _i in range(n):
            if y > 1.0:
                y = y / 2.0
            else:
                y = y * x
        return y

    text = s2sad.trace(h, 0.5, 3).graph()
    assert 'subgraph box1["for _i in range(v2)"]' in text
    assert text.count("subgraph") == text.count("\n        end") + text.count("\n    end") == 3
    assert text.count("-.->") == 1
    assert "&gt; 1.0" in text
    assert s2sad.trace(h, 0.5, 3).graph("dot").count("subgraph cluster_") == 3


def test_unknown_format():
    with pytest.raises(InputError, match="no graph format 'png'"):
        s2sad.trace(f, 1.5, 0.5).graph("png")


def test_source_is_highlighted_where_it_can_be_seen(monkeypatch):
    text = "def f(x):\n    return x < 2.0\n"
    assert Source(text) == text and repr(Source(text)) == repr(text)
    assert "\x1b[" in ansi(text)
    assert "&lt;" in html(text) and html(text).startswith("<pre")
    assert Source(text)._repr_html_() == html(text)

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert wants_colour(Terminal()) and not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())
