import Testing

/// One test after the other: mtl-check keeps its guarded pages for one thread at a time.
@Suite(.serialized) enum CheckTests {}
