"""The order of checks: spec/format.md, section 6, steps 1 to 6."""

from . import container, sections
from .checksum import crc32c
from .cursor import Cursor
from .model import Model
from .operators import check_operators
from .rules import demand

SMALL_SECTIONS = {
    container.TENSORS: sections.read_tensors,
    container.GRAPH: sections.read_graph,
    container.TASKS: sections.read_tasks,
    container.PREPROCESSING: sections.read_preprocessing,
    container.METADATA: sections.read_metadata,
    container.SELF_TEST: sections.read_self_test,
}


def read(data):
    """The model in the bytes of a file. Raises Broken."""
    version, table = container.read_container(data)
    small = [section for section in table if section.type in SMALL_SECTIONS]
    for section in small:
        content = data[section.offset:section.offset + section.length]
        demand(crc32c(content) == section.checksum, 123, section.place + 24)
    model = Model(version, table)
    for section in small:
        SMALL_SECTIONS[section.type](Cursor(data, section), model)
    for section in table:
        if section.type == container.PACKED:
            sections.read_packed(Cursor(data, section), section, model)
    check_operators(model)
    return model
