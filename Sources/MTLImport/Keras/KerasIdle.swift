/// Layers that do nothing when a model predicts: what they are set to is of no matter.
let kerasIdle: [String: KerasRule] = {
  let names = [
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise",
    "GaussianDropout", "AlphaDropout", "ActivityRegularization", "StochasticDepth", "Identity",
    "FixedDropout",
    "AugMix", "CutMix", "MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration",
    "RandomColorJitter", "RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip",
    "RandomGaussianBlur", "RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation",
    "RandomSharpness", "RandomShear", "RandomTranslation", "RandomWidth", "RandomZoom",
  ]
  return Dictionary(
    uniqueKeysWithValues: names.map { name in
      (
        name,
        KerasRule(takesIntegers: true) { call in
          call.settings.ignoreAll()
          return call.x
        }
      )
    })
}()
