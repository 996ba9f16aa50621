import CMTL
import MTLFormat

/// Pictures that are there more than once, as copies of a file or as the same pixels in another
/// one.
enum EqualPictures {
  /// Entries with the same pixels, in groups of two or more; each group and all groups in the order
  /// of entries.
  static func groups(of data: DataSet) -> [[Int]] {
    let size = data.side * data.side * 3
    func bytes(_ position: Int) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: data.image(position), count: size)
    }
    var groups: [[Int]] = []
    // Groups by the checksum of their pictures, which different ones may share.
    var places: [UInt32: [Int]] = [:]
    for position in data.entries.indices {
      let own = bytes(position)
      let sum = CRC32C.checksum(own)
      let known = places[sum, default: []].first { group in
        memcmp(bytes(groups[group][0]).baseAddress!, own.baseAddress!, size) == 0
      }
      if let known {
        groups[known].append(position)
      } else {
        places[sum, default: []].append(groups.count)
        groups.append([position])
      }
    }
    return groups.filter { $0.count > 1 }
  }
}
