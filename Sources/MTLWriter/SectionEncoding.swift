import CMTL
import MTLFormat

/// Where the writer places data within a section: in order, each at the next boundary.
struct DataLayout {
  struct Part {
    let offset: Int
    let bytes: UnsafeRawBufferPointer
  }

  let alignment: Int
  private(set) var parts: [Part] = []
  /// Length of the section.
  private(set) var end: Int

  /// The data follow `first` bytes of something else.
  init(alignment: Int, from first: Int = 0) {
    self.alignment = alignment
    end = first
  }

  /// Takes `bytes` in; returns their offset in the section.
  mutating func place(_ bytes: UnsafeRawBufferPointer) -> Int {
    let offset = Layout.align(end, to: alignment)
    parts.append(Part(offset: offset, bytes: bytes))
    end = offset + bytes.count
    return offset
  }
}

extension ByteEncoder {
  mutating func tensors(_ tensors: [Tensor], _ weights: inout DataLayout) throws(Status) {
    try count(tensors.count, "the number of tensors")
    for tensor in tensors {
      try string(tensor.name)
      u32(tensor.type.rawValue)
      u32(tensor.isConstant ? 1 : 0)
      try count(tensor.shape.count, "the rank of tensor \(tensor.name)")
      for dimension in tensor.shape { u64(UInt64(bitPattern: Int64(dimension))) }
      guard let data = tensor.data else { continue }
      u64(UInt64(data.count))
      u64(UInt64(weights.place(data)))
      guard tensor.type.isScaled else { continue }
      guard let scales = tensor.scales, scales.count == tensor.shape.first else {
        throw Status(
          MTLRT_E_ARGUMENT, "constant \(tensor.name) needs one scale per index on axis 0")
      }
      u64(UInt64(weights.place(UnsafeRawBufferPointer(scales))))
    }
  }

  mutating func graph(_ model: Model) throws(Status) {
    for list in [model.inputs, model.outputs] {
      try count(list.count, "the number of inputs or outputs")
      for index in list { try count(index, "the index of a tensor") }
    }
    try count(model.nodes.count, "the number of nodes")
    for node in model.nodes {
      u32(node.op)
      try string(node.name)
      try count(node.inputs.count, "the number of inputs of node \(node.name)")
      for input in node.inputs {
        if let input { try count(input, "the index of a tensor") } else { u32(Layout.absent) }
      }
      try count(node.output, "the index of a tensor")
      try count(node.attributes.count, "the number of attributes of node \(node.name)")
      for slot in node.attributes { u64(UInt64(bitPattern: slot)) }
    }
  }

  mutating func tasks(_ tasks: [Task]) throws(Status) {
    try count(tasks.count, "the number of tasks")
    for task in tasks {
      try string(task.name)
      u32(task.isExclusive ? 1 : 2)
      try count(task.output, "the output of task \(task.name)")
      try count(task.first, "the first element of task \(task.name)")
      f32(task.threshold)
      try count(task.labels.count, "the number of labels of task \(task.name)")
      for label in task.labels { try string(label) }
    }
  }

  mutating func preprocessing(_ preprocessing: Preprocessing) throws(Status) {
    try count(preprocessing.width, "the width of the image")
    try count(preprocessing.height, "the height of the image")
    u32(preprocessing.resize.rawValue | (preprocessing.cropSide == nil ? 0 : Preprocessing.cropBit))
    if let side = preprocessing.cropSide { try count(side, "the shorter side of the image") }
    u32(preprocessing.channels.rawValue)
    u32(preprocessing.appliesOrientation ? 1 : 0)
    f32(preprocessing.scale)
    let channels = preprocessing.channels.count
    guard preprocessing.mean.count == channels, preprocessing.deviation.count == channels else {
      throw Status(
        MTLRT_E_ARGUMENT, "preprocessing needs one mean and one deviation per channel")
    }
    for value in preprocessing.mean { f32(value) }
    for value in preprocessing.deviation { f32(value) }
  }

  mutating func metadata(_ entries: [(key: Name, value: Name)]) throws(Status) {
    try count(entries.count, "the number of metadata entries")
    for entry in entries.sorted(by: { $0.key < $1.key }) {
      try string(entry.key)
      try string(entry.value)
    }
  }

  /// The records; `layout` begins behind them.
  mutating func packed(
    _ constants: [PackedConstants], _ layout: inout DataLayout
  ) throws(Status) {
    try count(constants.count, "the number of packed constants")
    for constant in constants.sorted(by: { $0.key < $1.key }) {
      raw(constant.key.bytes)
      u64(UInt64(constant.data.count))
      u64(UInt64(layout.place(constant.data)))
    }
  }

  mutating func selfTest(_ test: SelfTest) throws(Status) {
    f32(test.tolerance)
    try count(test.inputs.count, "the number of inputs of the self-test")
    for input in test.inputs {
      try count(input.count, "the number of elements of an input of the self-test")
      raw(input)
    }
    try count(test.outputs.count, "the number of outputs of the self-test")
    for output in test.outputs {
      try count(output.count, "the number of elements of an output of the self-test")
      for value in output { f32(value) }
    }
  }
}
