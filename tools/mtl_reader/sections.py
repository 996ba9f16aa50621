"""The small sections: spec/format.md, section 5. Each function fills a part of the model."""

import math

from .container import WEIGHTS, align
from .cursor import check_unique
from .model import ABSENT, ELEMENT_TYPES, F32, SCALED, Node, Task, Tensor, product
from .rules import demand

INT_MAX = 2**31 - 1
LABELS_MAX = 1_000_000


def read_tensors(cursor, model):
    weights = next((s for s in model.sections if s.type == WEIGHTS), None)
    available = weights.length if weights else 0
    end = 0
    for _ in range(cursor.count(0, 65_536, 201)):
        tensor, end = _read_tensor(cursor, end, available)
        model.tensors.append(tensor)
    cursor.finish()
    tensors = model.tensors
    check_unique([t.name for t in tensors], 202, [t.place for t in tensors])
    if weights:
        has_constants = any(t.is_constant for t in tensors)
        demand(has_constants and weights.length == end, 214, weights.place + 16)


def _read_tensor(cursor, end, available):
    place = cursor.offset
    name = cursor.name()
    type_place = cursor.offset
    type_ = cursor.u32()
    demand(type_ in ELEMENT_TYPES, 203, type_place)
    kind_place = cursor.offset
    kind = cursor.u32()
    demand(kind in (0, 1), 204, kind_place)
    is_constant = kind == 1
    demand(is_constant or type_ == F32, 208, type_place)
    shape = _read_shape(cursor, is_constant, type_)
    tensor = Tensor(name, type_, is_constant, shape, place)
    if is_constant:
        length_place = cursor.offset
        length = cursor.u64()
        demand(length == product(shape) * ELEMENT_TYPES[type_][1], 209, length_place)
        tensor.data = _read_place(cursor, end, length, available, (210, 211))
        end = sum(tensor.data)
        if type_ in SCALED:
            tensor.scales = _read_place(cursor, end, 4 * shape[0], available, (212, 213))
            end = sum(tensor.scales)
    return tensor, end


def _read_shape(cursor, is_constant, type_):
    rank_place = cursor.offset
    rank = cursor.u32()
    least = 0 if is_constant and type_ not in SCALED else 1
    demand(least <= rank <= 8, 205, rank_place)
    shape = []
    for _ in range(rank):
        place = cursor.offset
        dimension = cursor.u64()
        demand(1 <= dimension <= INT_MAX, 206, place)
        shape.append(dimension)
    demand(product(shape) <= INT_MAX, 207, rank_place)
    demand(is_constant or shape[0] == 1, 217, rank_place + 4)
    return shape


def _read_place(cursor, end, length, available, codes):
    place = cursor.offset
    offset = cursor.u64()
    demand(offset == align(end, 256), codes[0], place)
    demand(offset + length <= available, codes[1], place)
    return offset, length


class GraphReader:
    def __init__(self, cursor, model):
        self.cursor = cursor
        self.model = model
        self.ready = [t.is_constant for t in model.tensors]
        self.computed = [False] * len(model.tensors)

    def index(self, optional=False):
        place = self.cursor.offset
        index = self.cursor.u32()
        if optional and index == ABSENT:
            return None, place
        demand(index < len(self.model.tensors), 304, place)
        return index, place

    def read(self):
        output_places = self.read_slots()
        nodes = self.model.nodes
        for _ in range(self.cursor.count(1, 65_536, 303)):
            nodes.append(self.read_node())
        self.cursor.finish()
        check_unique([n.name for n in nodes], 313, [n.place for n in nodes])
        for output, place in zip(self.model.outputs, output_places):
            demand(self.computed[output], 314, place)
        for tensor, ready in zip(self.model.tensors, self.ready):
            demand(ready, 315, tensor.place)

    def read_slots(self):
        for _ in range(self.cursor.count(1, 64, 301)):
            index, place = self.index()
            demand(not self.model.tensors[index].is_constant, 305, place)
            demand(index not in self.model.inputs, 306, place)
            self.ready[index] = True
            self.model.inputs.append(index)
        places = []
        for _ in range(self.cursor.count(1, 64, 302)):
            index, place = self.index()
            demand(index not in self.model.outputs, 307, place)
            self.model.outputs.append(index)
            places.append(place)
        return places

    def read_node(self):
        start = self.cursor.offset
        op = self.cursor.u32()
        name = self.cursor.name()
        inputs = []
        for _ in range(self.cursor.count(0, 64, 308)):
            index, place = self.index(optional=True)
            demand(index is None or self.ready[index], 309, place)
            inputs.append(index)
        output, place = self.index()
        demand(not self.model.tensors[output].is_constant, 310, place)
        demand(not self.ready[output], 311, place)
        self.ready[output] = self.computed[output] = True
        count = self.cursor.count(0, 64, 312)
        attributes = [self.cursor.take(8) for _ in range(count)]
        return Node(op, name, inputs, output, attributes, start)


def read_graph(cursor, model):
    GraphReader(cursor, model).read()


def read_tasks(cursor, model):
    labels = 0
    for _ in range(cursor.count(1, 4096, 501)):
        task = _read_task(cursor, model, labels)
        labels += len(task.labels)
        model.tasks.append(task)
    cursor.finish()
    check_unique([t.name for t in model.tasks], 502, [t.place for t in model.tasks])
    order = sorted(range(len(model.tasks)), key=lambda i: (
        model.tasks[i].output, model.tasks[i].first, i))
    for output, tensor in enumerate(model.outputs):
        tasks = [model.tasks[i] for i in order if model.tasks[i].output == output]
        _check_coverage(tasks, model.tensors[tensor].element_count)


def _read_task(cursor, model, labels_before):
    place = cursor.offset
    name = cursor.name()
    kind = cursor.count(1, 2, 503)
    output = cursor.count(0, len(model.outputs) - 1, 504)
    first_place = cursor.offset
    first = cursor.u32()
    threshold_place = cursor.offset
    threshold = cursor.f32()
    demand(0 <= threshold <= 1, 505, threshold_place)
    count = cursor.count(1, LABELS_MAX - labels_before, 506)
    elements = model.tensors[model.outputs[output]].element_count
    demand(first + count <= elements, 508, first_place)
    labels, places = [], []
    for _ in range(count):
        places.append(cursor.offset)
        labels.append(cursor.name())
    check_unique(labels, 507, places)
    return Task(name, kind, output, first, threshold, labels, place, first_place)


def _check_coverage(tasks, elements):
    end = 0
    for task in tasks:
        demand(task.first >= end, 509, task.first_place)
        is_last = task is tasks[-1]
        begins_right = task.first == end
        end = task.first + len(task.labels)
        demand(begins_right and (not is_last or end == elements), 510, task.first_place)


def _read_floats(cursor, count, code, is_legal):
    values = []
    for _ in range(count):
        place = cursor.offset
        value = cursor.f32()
        demand(math.isfinite(value) and is_legal(value), code, place)
        values.append(value)
    return values


# Of the field `resize`: the image keeps its shape and is cropped.
CROP = 1 << 8


def read_preprocessing(cursor, model):
    start = cursor.offset
    width = cursor.count(1, 16_384, 521)
    height = cursor.count(1, 16_384, 521)
    place = cursor.offset
    resize = cursor.u32()
    demand(1 <= resize & ~CROP <= 4, 522, place)
    crop_side = cursor.count(max(width, height), 16_384, 529) if resize & CROP else None
    channels = cursor.count(1, 3, 523)
    orientation = cursor.count(0, 1, 524)
    count = 1 if channels == 3 else 3
    scale, = _read_floats(cursor, 1, 525, lambda value: value > 0)
    mean = _read_floats(cursor, count, 526, lambda value: True)
    deviation = _read_floats(cursor, count, 527, lambda value: value > 0)
    cursor.finish()
    shape = model.tensors[model.inputs[0]].shape
    demand(shape == [1, height, width, count], 528, start)
    model.preprocessing = {
        "width": width,
        "height": height,
        "resize": ["bilinear", "nearest", "antialiased", "bicubic"][(resize & ~CROP) - 1],
        "crop_side": crop_side,
        "channels": ["rgb", "bgr", "gray"][channels - 1],
        "orientation": orientation == 1,
        "scale": scale,
        "mean": mean,
        "deviation": deviation,
    }


def read_metadata(cursor, model):
    previous = b""
    for _ in range(cursor.count(1, 4096, 541)):
        place = cursor.offset
        key = cursor.name()
        demand(key.encode() > previous, 542, place)
        previous = key.encode()
        model.metadata.append((key, cursor.text()))
    cursor.finish()


def read_self_test(cursor, model):
    tolerance, = _read_floats(cursor, 1, 561, lambda value: value >= 0)
    cursor.count(len(model.inputs), len(model.inputs), 562)
    inputs = []
    for index in model.inputs:
        elements = model.tensors[index].element_count
        inputs.append(cursor.take(cursor.count(elements, elements, 563)))
    cursor.count(len(model.outputs), len(model.outputs), 562)
    outputs = []
    for index in model.outputs:
        elements = model.tensors[index].element_count
        count = cursor.count(elements, elements, 563)
        outputs.append(_read_floats(cursor, count, 564, lambda value: True))
    cursor.finish()
    model.self_test = {"tolerance": tolerance, "inputs": inputs, "outputs": outputs}


def read_packed(cursor, section, model):
    count = cursor.count(1, 65_536, 601)
    end, previous = 4 + 48 * count, b""
    for _ in range(count):
        place = cursor.offset
        key = cursor.take(32)
        demand(key > previous, 602, place)
        previous = key
        place = cursor.offset
        length = cursor.u64()
        demand(length > 0, 603, place)
        place = cursor.offset
        offset = cursor.u64()
        demand(offset == align(end, 64), 604, place)
        end = offset + length
        demand(end <= section.length, 605, place)
        model.packed.append((key, offset, length))
    demand(end == section.length, 606, section.place + 16)
