import CBackendSIMD
import CMTL

/// One number per lane.
private typealias LanePlaces = mtl_lane_numbers

/// A max pool over what batch normalisation makes of its input; of equal pixels the first counts.
func poolRun(_ call: mtl_pool_call) {
  let (size, channels) = (call.size, call.channels)
  let (height, width) = (call.height / size, call.width / size)
  let row = call.width * channels
  for y in 0..<height {
    for x in 0..<width {
      let first = call.input + (y * size) * row + x * size * channels
      let target = (y * width + x) * channels
      forLanes(channels) { channel, some in
        let scale = call.scale.map { loadSome($0 + channel, some) } ?? Lanes(repeating: 1)
        let shift = call.shift.map { loadSome($0 + channel, some) } ?? Lanes.zero
        var source = loadSome(first + channel, some)
        var best = multiplyAdd(source, scale, shift)
        var place = LanePlaces.zero
        for i in 0..<size {
          for j in 0..<size where i + j > 0 {
            let pixel = first + i * row + j * channels + channel
            let input = loadSome(pixel, some)
            let value = multiplyAdd(input, scale, shift)
            let isGreater = value .> best
            best.replace(with: value, where: isGreater)
            source.replace(with: input, where: isGreater)
            place.replace(with: LanePlaces(repeating: Int32(i * size + j)), where: isGreater)
          }
        }
        storeSome(best, call.output + target + channel, some)
        storeSome(source, call.sources + target + channel, some)
        mtl_numbers_to_bytes(place, call.places + target + channel, some)
      }
    }
  }
}

/// See `mtl_pool_gradient`.
func poolGradient(_ call: mtl_pool_gradient) {
  let (size, channels) = (call.size, call.channels)
  let (height, width) = (call.height / size, call.width / size)
  for y in 0..<call.height {
    for x in 0..<call.width {
      let (windowY, windowX) = (y / size, x / size)
      let isInWindow = windowY < height && windowX < width
      let window = ((isInWindow ? windowY : 0) * width + (isInWindow ? windowX : 0)) * channels
      let place = Int32(y % size * size + x % size)
      let pixel = (y * call.width + x) * channels
      forLanes(channels) { channel, some in
        let value = loadSome(call.input + pixel + channel, some)
        var slope = multiplyAdd(
          loadSome(call.b + channel, some), value, loadSome(call.c + channel, some))
        if isInWindow {
          let reaching = mtl_where_equal(
            mtl_numbers_from_bytes(call.places + window + channel, some),
            LanePlaces(repeating: place), loadSome(call.pooled + window + channel, some), .zero)
          slope = multiplyAdd(loadSome(call.a + channel, some), reaching, slope)
        }
        storeSome(
          Lanes.zero.replacing(with: slope, where: value .> .zero),
          call.gradient + pixel + channel, some)
      }
    }
  }
}
