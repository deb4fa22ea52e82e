// Dropout of a probability, keyed by sequence, head, query and key position: twin of dropoutMask in attention.ts.
fn probabilityMask(place: vec4u, head: u32, query: u32, key: u32) -> f32 {
  let hash = fold(fold(fold(fold(maskKey(), place.x), head), query - place.y), key - place.y - place.x * PREFIX);
  return select(0.0, SCALE, hash >= THRESHOLD);
}
