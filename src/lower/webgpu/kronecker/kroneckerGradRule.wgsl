// dH [A * C, B * D], weight [BLOCKS * C, D] -> dRule [BLOCKS * A, B]
@group(0) @binding(1) var<storage, read> dH: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> dRule: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = linearIndex(id);
  if (index >= rows() * COLS) { return; }
  let t = index / COLS / A;
  let i = (index / COLS) % A;
  let j = index % COLS;
  var sum = 0.0;
  for (var u = 0u; u < C; u++) {
    for (var v = 0u; v < D; v++) {
      sum += dH[(i * C + u) * (B * D) + j * D + v] * weight[(t * C + u) * D + v];
    }
  }
  dRule[index] = sum;
}
