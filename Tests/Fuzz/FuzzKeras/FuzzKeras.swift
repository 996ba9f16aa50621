// .keras archives and model configurations from a fuzzer: zip, inflation, JSON, and the graph that
// a configuration describes. An input that is no archive is read as a configuration. Build and run
// it with tools/fuzz.

import MTLFormat
import MTLImport

/// Two of everything, whatever layer asks.
private struct AnyWeights: KerasWeights {
  func prepare(for model: KerasLayer) {}
  func checkFile() {}
  func unused() -> [String] { [] }

  func weights(of layer: KerasLayer, _ wanted: [KerasWeight]) -> [HostTensor] {
    wanted.map { weight in
      let isKernel = weight.names.contains { $0.hasSuffix("kernel") }
      let shape = isKernel ? [1, 1, 2, 2] : [2]
      return HostTensor(shape, floats: Array(repeating: 0.5, count: shape.reduce(1, *)))
    }
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let view = UnsafeRawBufferPointer(start: data, count: count)
  do {
    guard count > 2, view[0] == UInt8(ascii: "P"), view[1] == UInt8(ascii: "K") else {
      try build(view)
      return 0
    }
    let archive = try ZipArchive(Bytes.borrowed(view))
    for name in archive.names {
      let content = try archive.entry(name, most: 1 << 20)
      precondition(content.view.count <= 1 << 20)
      if name.hasSuffix(".json") { try build(content.view) }
    }
  } catch let error as ImportError {
    precondition(!error.text.isEmpty, "a refusal without a reason")
  } catch {
    preconditionFailure("an error of another kind")
  }
  return 0
}

private func build(_ text: UnsafeRawBufferPointer) throws {
  let graph = try KerasReader.graph(try JSONValue(text), AnyWeights())
  for stored in graph.constants.values { _ = try stored.load() }
}
