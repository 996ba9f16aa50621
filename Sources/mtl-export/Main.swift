import CMTL
import MTLExport
import MTLFormat
import MTLImport
import MTLTrain

/// Exit status: 0 exported and verified, 1 something failed, 2 wrong usage, 3 the source could not
/// be read.
@main struct Main {
  static let command = Command(
    name: "mtl-export", operands: ["RUN|MODEL"],
    summary: "Writes a trained network as one model file, and verifies it.",
    options: [
      .init("-o", "model.mtl", "the file to write"),
      .init("--weights", "TYPE", "f32, i16, f16 or int8: how weights are stored (default: f32)"),
      .init("--threads", "N", "threads (default: the CPUs this process may use)"),
      .init("--checkpoint", "NAME", "of a run: best or last (default: best)"),
      .init("--packed", "NAMES", "of a model file: adds weights as these backends pack them"),
    ] + ImportOptions.options,
    notes: """
      RUN is a folder of mtl-train. MODEL is a file that others have trained, told by its name:
      .onnx, or a Keras model, .h5, .hdf5 or .keras. A .h5 file of weights alone, from
      save_weights(), takes --net with what model.to_json() gave, or config.json of a .keras file.
      With --packed it is a file of ours, .mtl.

      i16 (an integer and a scale for each output, or for each input behind a ReLU, within
      2^-16 of the largest weight that has the scale) and f16 halve large dense layers, whose
      weights are read anew for each image. Other weights stay f32. int8 stores all
      convolutions and dense layers in 8 bits, with scales as i16.

      The file is run on generated images and compared with the trained network, or with a plain
      evaluation of the model node by node; the largest difference and the range of each output
      are printed, and no file is left where a difference is too large or an output is never a
      number. What of a model cannot be imported is listed at once.

      --verify-with compares with the framework that the model is from as well, which reads the
      model by itself. It is run by python3, or by the Python that MTL_PYTHON names.

      --packed adds weights in the order in which a backend reads them, so that it need not bring
      them into that order whenever the model is opened: the file grows, the first answer comes
      sooner. NAMES are backends, with commas: auto, simd-avx512, simd-avx2, ... Another build of
      a backend than the one that is installed here, or another backend, opens the file as if
      nothing had been added.

      \(ImportOptions.notes)

      Exit status: 0 exported and verified, 1 failed, 2 wrong usage, 3 the source
      could not be read.

      Examples:
        mtl-export run -o model.mtl
        mtl-export run -o small.mtl --weights i16
        mtl-export resnet.onnx -o resnet.mtl --preprocess imagenet --labels names.txt
        mtl-export resnet.onnx -o resnet.mtl --preprocess imagenet --crop 232
        mtl-export net.weights.h5 --net net.json -o net.mtl
        MTL_PYTHON=venv/bin/python mtl-export net.onnx -o net.mtl --verify-with onnxruntime
        mtl-export net.onnx -o net.mtl --task color=black,blue,red --task kind=dress,shirt
        mtl-export model.mtl -o packed.mtl --packed auto
      """)

  static func main() {
    let words = Console.begin()
    exit(Console.end("mtl-export", run(words)))
  }

  static func run(_ words: [String]) -> Int32 {
    do {
      let arguments = try Arguments(command, words)
      if arguments.isHelpWanted {
        Console.out(command.help)
        return 0
      }
      let source = arguments.operands[0]
      if PackCommand.takes(source) { return try PackCommand(arguments).run() }
      guard !arguments.has("--packed") else {
        throw arguments.error("--packed is for model files, .mtl: export first")
      }
      return try ImportCommand.takes(source)
        ? ImportCommand(arguments).run() : RunCommand(arguments).run()
    } catch let error as CommandLineError {
      Console.error("mtl-export: \(error.text)\n")
      return 2
    } catch let error as Status {
      Console.error("mtl-export: \(error.text)\n")
      return 1
    } catch let error as ImportError {
      Console.error("mtl-export: \(error.text)\n")
      return 1
    } catch {
      Console.error("mtl-export: \(error)\n")
      return 1
    }
  }
}
