// dH [A * C, B * D], rule [BLOCKS * A, B] -> dW [BLOCKS * C, D]
@group(0) @binding(1) var<storage, read> dH: array<f32>;
@group(0) @binding(2) var<storage, read> rule: array<f32>;
@group(0) @binding(3) var<storage, read_write> dW: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = linearIndex(id);
  if (index >= rows() * COLS) { return; }
  let t = index / COLS / C;
  let u = (index / COLS) % C;
  let v = index % COLS;
  var sum = 0.0;
  for (var i = 0u; i < A; i++) {
    for (var j = 0u; j < B; j++) {
      sum += dH[(i * C + u) * (B * D) + j * D + v] * rule[(t * A + i) * B + j];
    }
  }
  dW[index] = sum;
}
