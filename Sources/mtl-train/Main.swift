import MTLTrain
import CMTL

@main struct Main {
  static func main() throws {
    let threads = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1])! : 2
    let w = Workers(threads: threads)
    let net = try NetworkKind.reference.make(6, 1)
    print(net.parameters.reduce(0) { $0 + $1.count })
    try net.prepare(capacity: 32, workers: w)
    var r = Random(.check, 1)
    for i in 0..<32*96*96*3 { net.input[i] = Float(r.unit()) }
    let adam = try Adam(net.parameters)
    var targets = [Float](repeating: 0, count: 192)
    for i in 0..<32 { targets[i * 6 + i % 6] = 1 }
    let clock = ContinuousClock()
    for s in 0..<6 {
      let t0 = clock.now
      let pass = Pass(batch: 32, isTraining: true, seed: 1, step: UInt64(s), workers: w)
      net.forward(pass)
      let t1 = clock.now
      let loss = BinaryCrossEntropy.sum(logits: net.logits, targets: targets, count: 192) / 192
      net.backward(pass) { BinaryCrossEntropy.gradient(logits: net.logits, targets: targets, count: 192, into: $0) }
      let t2 = clock.now
      adam.update(rate: 0.01, step: UInt64(s), workers: w)
      print(loss, t1-t0, t2-t1, clock.now-t2)
    }
  }
}
