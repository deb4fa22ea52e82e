// Sequence s owns the key rows from (its first token row) + s * PREFIX on: PREFIX prefix rows, then its tokens. The place of a
// key row is that of the last token row whose sequence begins at or before it.
fn keyPlace(row: u32) -> vec4u {
  var low = 0u;
  var high = step.tokens;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    let place = tokenLayout[middle];
    if (place.y + place.x * PREFIX <= row) { low = middle; } else { high = middle; }
  }
  return tokenLayout[low];
}
