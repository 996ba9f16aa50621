import CMTL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
  /// How blocks are added to the state. Both give the same.
  public enum Rounds: Sendable {
    /// By instructions for it where the CPU has them, otherwise as `plain`.
    case fastest
    case plain
  }

  /// The hash of `bytes`, 32 bytes.
  public static func hash(_ bytes: UnsafeRawBufferPointer, _ rounds: Rounds = .fastest) -> [UInt8] {
    var state = initial
    let whole = bytes.count & ~63
    add(UnsafeRawBufferPointer(rebasing: bytes[..<whole]), to: &state, rounds)
    ending(UnsafeRawBufferPointer(rebasing: bytes[whole...]), of: bytes.count).withUnsafeBytes {
      add($0, to: &state, rounds)
    }
    var hash: [UInt8] = []
    for index in 0..<8 {
      for shift in [24, 16, 8, 0] as [UInt32] {
        hash.append(UInt8(truncatingIfNeeded: state[index] >> shift))
      }
    }
    return hash
  }

  private static func add(
    _ blocks: UnsafeRawBufferPointer, to state: inout SIMD8<UInt32>, _ rounds: Rounds
  ) {
    constants.withUnsafeBufferPointer { constants in
      let isDone = rounds == .fastest && withUnsafeMutableBytes(of: &state) { state in
        mtl_sha256_blocks(
          state.baseAddress!.assumingMemoryBound(to: UInt32.self), blocks.baseAddress,
          blocks.count / 64, constants.baseAddress) != 0
      }
      guard !isDone else { return }
      var schedule = [UInt32](repeating: 0, count: 64)
      schedule.withUnsafeMutableBufferPointer { schedule in
        for start in stride(from: 0, to: blocks.count, by: 64) {
          let block = UnsafeRawBufferPointer(rebasing: blocks[start..<start + 64])
          compress(&state, block, schedule, constants)
        }
      }
    }
  }

  /// The last blocks: what remains, one 1 bit, zeros, the length in bits.
  private static func ending(_ rest: UnsafeRawBufferPointer, of count: Int) -> [UInt8] {
    var bytes = Array(rest)
    bytes.append(0x80)
    while bytes.count % 64 != 56 { bytes.append(0) }
    let bits = UInt64(count) << 3
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
    }
    return bytes
  }

  private static func compress(
    _ state: inout SIMD8<UInt32>, _ block: UnsafeRawBufferPointer,
    _ schedule: UnsafeMutableBufferPointer<UInt32>, _ constants: UnsafeBufferPointer<UInt32>
  ) {
    for index in 0..<16 {
      schedule[index] = UInt32(
        bigEndian: block.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    }
    for index in 16..<64 {
      let (x, y) = (schedule[index - 15], schedule[index - 2])
      let small = rotate(x, 7) ^ rotate(x, 18) ^ (x >> 3)
      let large = rotate(y, 17) ^ rotate(y, 19) ^ (y >> 10)
      schedule[index] = schedule[index - 16] &+ small &+ schedule[index - 7] &+ large
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let choice = (e & f) ^ (~e & g)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      let mixE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      let mixA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      let first = h &+ mixE &+ choice &+ constants[index] &+ schedule[index]
      let second = mixA &+ majority
      (h, g, f, e) = (g, f, e, d &+ first)
      (d, c, b, a) = (c, b, a, first &+ second)
    }
    state = state &+ SIMD8(a, b, c, d, e, f, g, h)
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    (value >> count) | (value << (32 - count))
  }

  private static let initial = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)

  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}
