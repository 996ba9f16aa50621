"""A file of spec/vectors and what a reader must say about it."""

from dataclasses import dataclass

from .builder import build


@dataclass
class Case:
    name: str
    data: bytes
    code: int = None  # None: accepted
    offset: int = None
    stage: str = "open"  # or "content": found only when everything is read
    about: str = ""


class Cases:
    """Collects the cases of one chapter."""

    def __init__(self):
        self.all = []

    def accept(self, name, about, model, **changes):
        data, _ = build(model, **changes)
        self.all.append(Case(name, bytes(data), about=about))

    def reject(self, code, name, at, model, about="", stage="open", **changes):
        """`at` is a mark, or (mark, number of bytes behind it)."""
        data, marks = build(model, **changes)
        mark, behind = at if isinstance(at, tuple) else (at, 0)
        self.raw(code, name, data, marks[mark] + behind, about, stage)

    def raw(self, code, name, data, offset, about="", stage="open"):
        about = about or name.replace("-", " ")
        self.all.append(Case(f"{code}-{name}", bytes(data), code, offset, stage, about))
