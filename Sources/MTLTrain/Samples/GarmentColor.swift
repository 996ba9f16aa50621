/// The colors that garments come in, each in many shades.
enum GarmentColor: String, CaseIterable {
  case black, blue, red

  func shade(_ random: inout Random) -> Color {
    switch self {
    case .black:
      .hsv(random.uniform(0, 360), random.uniform(0, 0.25), random.uniform(0.03, 0.2))
    case .blue:
      .hsv(random.uniform(203, 244), random.uniform(0.45, 1), random.uniform(0.3, 0.9))
    case .red:
      .hsv(random.uniform(346, 370), random.uniform(0.65, 1), random.uniform(0.4, 0.95))
    }
  }
}
