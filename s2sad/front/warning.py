"""``warnings``: a warning is given where the program gives it, once; inside of ``catch_warnings`` it is not."""

from __future__ import annotations

from s2sad.front.logs import Logs
from s2sad.front.values import NONE, Abstract


class Warnings(Logs):
    """What calls of the ``warnings`` module mean."""

    def call_warn(self, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract | None:
        return NONE if self.caught_warnings else None

    def call_warning_filter(self, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract | None:
        if not self.caught_warnings:
            self.refuse(
                "a change of the filters of warnings", why="it would stay after the call of the derivative",
                instead="put it inside of `with warnings.catch_warnings():`",
            )  # fmt: skip
        return NONE
