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

  /// Folders of systems and archives that hold no photographs of the user's.
  private static var foreignFolders: [StaticString] { ["__MACOSX", "@eaDir", "$RECYCLE.BIN"] }

  /// Every file that is named like an image or begins like one, in order of their paths' bytes.
  /// Links to folders are followed, and each folder is read once. Passed over are hidden files,
  /// annotated copies, and folders that `isPassedOver` names. `unreadable` is told about each
  /// folder that cannot be read, and why.
  public static func images(
    in folder: Path, unreadable: (Path, Failure) -> Void
  ) -> [Path] {
    var images: [Path] = []
    var folders = [folder]
    // Read when all else was: what lies in the folder itself keeps its own path.
    var links: [Path] = []
    var seen: [Path.Identity] = []
    while let next = folders.popLast() ?? links.popLast() {
      if let identity = next.identity {
        if seen.contains(identity) { continue }
        seen.append(identity)
      }
      guard let names = names(in: next) else {
        unreadable(next, FileContent.systemFailure())
        continue
      }
      for name in names.sorted(by: { $1.lexicographicallyPrecedes($0) }) where !isHidden(name) {
        let path = next.appending(name)
        switch path.kind() {
        case .folder:
          if isPassedOver(path) { continue }
          if path.kind(followsLinks: false) == .link {
            links.append(path)
          } else {
            folders.append(path)
          }
        case .file:
          if AnnotatedName.isMade(name) { continue }
          if hasImageName(name) || beginsLikeImage(path) { images.append(path) }
        // A link to nothing is an image that cannot be read, and is reported as such.
        case .missing: if hasImageName(name) { images.append(path) }
        default: break
        }
      }
    }
    return images.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  /// Names of the folders in a folder, and of links to folders, in the order of their bytes, but
  /// for those that are passed over. nil where it cannot be read; errno says why.
  public static func folders(in folder: Path) -> [[UInt8]]? {
    names(in: folder)?.filter { name in
      let path = folder.appending(name)
      return !isHidden(name) && path.kind() == .folder && !isPassedOver(path)
    }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Whether a folder holds no photographs of the user's: it is the system's, or that of a run.
  private static func isPassedOver(_ folder: Path) -> Bool {
    let name = folder.name
    return foreignFolders.contains { $0.withUTF8Buffer { name.elementsEqual($0) } }
      || runFiles.contains { folder.appending($0).kind() == .file }
  }

  /// Either of these files marks the folder of a run.
  private static var runFiles: [[UInt8]] { [runMark, Array("last.ckpt".utf8)] }

  /// The file that a run makes in its folder before all others.
  public static var runMark: [UInt8] { Array(".mtl-run".utf8) }

  private static func isHidden(_ name: [UInt8]) -> Bool { name.first == UInt8(ascii: ".") }

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
