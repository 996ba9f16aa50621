import MTLFormat
import MTLNumpy
import MTLWriter

/// Arrays that are exchanged with a Python program, as .npy files in a folder.
struct PythonArrays {
  private let folder: TemporaryFolder

  init(_ folder: TemporaryFolder) throws { self.folder = folder }

  /// As 32-bit floats, whatever the type.
  func write(_ tensor: HostTensor, named name: String) throws {
    let header = try Self.asImportError(name) { try NumpyFile.header(shape: tensor.shape) }
    let floats = tensor.asFloats
    var bytes = header
    bytes.reserveCapacity(header.count + 4 * floats.count)
    floats.withUnsafeBytes { bytes.append(contentsOf: $0) }
    try bytes.withUnsafeBytes { try replaceFile(at: path(name), with: $0) }
  }

  func read(_ name: String) throws -> HostTensor {
    let bytes = try Bytes.map(file: path(name))
    return try withExtendedLifetime(bytes) {
      let header = try Self.asImportError(name) { try NumpyHeader(bytes.view) }
      let floats = [Float](unsafeUninitializedCapacity: header.elementCount) { memory, count in
        count = header.elementCount
        if let start = memory.baseAddress {
          NumpyFile.copy(bytes.view, header, first: 0, count: count, to: start)
        }
      }
      return HostTensor(header.shape, floats: floats)
    }
  }

  /// What the program wrote into `name`, without an extension.
  func text(_ name: String) throws -> String {
    let bytes = try Bytes.map(file: "\(folder.path)/\(name)")
    return withExtendedLifetime(bytes) { String(decoding: bytes.view, as: UTF8.self) }
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name).npy" }

  private static func asImportError<T>(_ name: String, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as NumpyError {
      throw ImportError("\(name).npy: \(error.text)")
    }
  }
}
