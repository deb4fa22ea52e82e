// One output an invocation: the readable version, and the one the others are checked against.
// Binding 1 is a; `weights.*.wgsl` declares b, binding 2, and `loadB`; the epilogue declares the others and `store`. Strides
// are constants: op(a)[m, k] is a[m * A_ROW + k * A_INNER], op(b)[k, n] is b[k * B_INNER + n * B_COL], so one text serves all
// four orientations.
@group(0) @binding(1) var<storage, read> a: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let m = i / COLS;
  let n = i % COLS;
  var sum = 0.0;
  for (var k = 0u; k < inner(); k++) { sum += a[m * A_ROW + k * A_INNER] * loadB(k * B_INNER + n * B_COL, k, n); }
  store(0u, m, n, sum);
}
