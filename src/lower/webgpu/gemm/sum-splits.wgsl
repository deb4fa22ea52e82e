// Second stage of a split product: partials [SPLITS, rows, COLS], added in the order of the splits, then the epilogue.
@group(0) @binding(1) var<storage, read> partials: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  let size = rows() * COLS;
  if (i >= size) { return; }
  var sum = 0.0;
  for (var split = 0u; split < SPLITS; split++) { sum += partials[split * size + i]; }
  store(0u, i / COLS, i % COLS, sum);
}
