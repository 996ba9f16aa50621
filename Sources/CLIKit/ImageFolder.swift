import CMTL

/// The images in a folder and the folders in it.
public enum ImageFolder {
  /// Ends of names that images have, whether these can be decoded or not: a file that claims to be
  /// an image is reported, not passed over.
  private static var extensions: [StaticString] {
    [
      ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic",
      ".heif", ".avif",
    ]
  }

  /// Every file that is named like an image or begins like one, in order of their paths' bytes.
  /// Hidden files are passed over, and so are links to folders. `unreadable` is told about each
  /// folder that cannot be read, and why.
  public static func images(
    in folder: Path, unreadable: (Path, Failure) -> Void
  ) -> [Path] {
    var images: [Path] = []
    var folders = [folder]
    while let next = folders.popLast() {
      guard let names = names(in: next) else {
        unreadable(next, FileContent.systemFailure())
        continue
      }
      for name in names where name.first != UInt8(ascii: ".") {
        let path = next.appending(name)
        if path.kind(followsLinks: false) == .folder {
          folders.append(path)
        } else if path.kind() == .file, hasImageName(name) || beginsLikeImage(path) {
          images.append(path)
        }
      }
    }
    return images.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  /// nil where the folder cannot be read; errno says why.
  private static func names(in folder: Path) -> [[UInt8]]? {
    guard let list = folder.withCString({ opendir($0) }) else { return nil }
    defer { closedir(list) }
    var names: [[UInt8]] = []
    while let entry = readdir(list) {
      names.append(withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) })
    }
    return names
  }

  static func hasImageName(_ name: [UInt8]) -> Bool {
    let lower = name.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return extensions.contains { end in
      end.withUTF8Buffer { lower.count > $0.count && lower.suffix($0.count).elementsEqual($0) }
    }
  }

  private static func beginsLikeImage(_ path: Path) -> Bool {
    guard let file = path.withCString({ fopen($0, "rbe") }) else { return false }
    defer { fclose(file) }
    var start = [UInt8](repeating: 0, count: 12)
    guard fread(&start, 1, 12, file) == 12 else { return false }
    return start.starts(with: [0xFF, 0xD8, 0xFF])
      || start.starts(with: [0x89, 0x50, 0x4E, 0x47])
      || (start.starts(with: [0x52, 0x49, 0x46, 0x46])
        && start.suffix(4).elementsEqual([0x57, 0x45, 0x42, 0x50]))
  }
}
