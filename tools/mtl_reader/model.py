"""What a file holds."""

from dataclasses import dataclass, field

ABSENT = 0xFFFFFFFF

# Element type: (name, bytes of an element).
ELEMENT_TYPES = {
    1: ("f32", 4),
    2: ("f16", 2),
    3: ("i32", 4),
    4: ("u8", 1),
    5: ("i8", 1),
    6: ("i16", 2),
}
F32 = 1
SCALED = (5, 6)


def product(dimensions):
    result = 1
    for dimension in dimensions:
        result *= dimension
    return result


@dataclass
class Section:
    type: int
    flags: int
    offset: int
    length: int
    checksum: int
    hash: bytes
    place: int  # of the entry, in the file


@dataclass
class Tensor:
    name: str
    type: int
    is_constant: bool
    shape: list
    place: int  # of the record, in the file
    data: tuple = None  # (offset, length) in the weights section
    scales: tuple = None

    @property
    def element_count(self):
        return product(self.shape)


@dataclass
class Node:
    op: int
    name: str
    inputs: list  # indexes of tensors, or None
    output: int
    attributes: list  # 8 bytes each
    place: int


@dataclass
class Task:
    name: str
    kind: int
    output: int
    first: int
    threshold: float
    labels: list
    place: int
    first_place: int


@dataclass
class Model:
    version: tuple
    sections: list
    tensors: list = field(default_factory=list)
    inputs: list = field(default_factory=list)
    outputs: list = field(default_factory=list)
    nodes: list = field(default_factory=list)
    tasks: list = field(default_factory=list)
    preprocessing: dict = None
    metadata: list = field(default_factory=list)
    self_test: dict = None
    packed: list = field(default_factory=list)  # (key, offset in the section, length)
