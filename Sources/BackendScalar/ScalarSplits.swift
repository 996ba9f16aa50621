import BackendKit

// How the scalar backend cuts its work: by rows of results, or by runs of elements.

/// Parts of one row of results each, through all images.
func rowSplit(_ window: Window) -> Split {
  Split(window.images * window.vertical.count, grain: 1)
}

/// Parts of some pixels each, whose elements lie along the last axis.
func pixelSplit(_ tensor: TensorView) -> Split {
  Split(tensor.count / tensor.channels, grain: max(1, (1 << 14) / tensor.channels))
}

/// Parts of a run of elements each.
func elementSplit(_ tensor: TensorView) -> Split {
  Split(tensor.count, grain: 1 << 14)
}
