// A column of Q an invocation: original [RANK, SIZE] -> Q^T [RANK, SIZE]. Terms as in orthonormal.ts.
@group(0) @binding(1) var<storage, read> original: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let k = linearIndex(id);
  if (k >= rows()) { return; }
  let first = k * SIZE;
  for (var j = 0u; j < SIZE; j++) { out[first + j] = select(0.0, 1.0, j == k); }
  for (var step_ = 0u; step_ < RANK; step_++) {
    let i = RANK - 1u - step_;
    var norm = 1.0;
    var projection = out[first + i];
    for (var j = i + 1u; j < SIZE; j++) {
      let v = original[i * SIZE + j];
      norm += v * v;
      projection += v * out[first + j];
    }
    let factor = 2.0 / norm * projection;
    out[first + i] -= factor;
    for (var j = i + 1u; j < SIZE; j++) { out[first + j] -= factor * original[i * SIZE + j]; }
  }
  let diagonal = trunc(original[k * SIZE + k]);
  for (var j = 0u; j < SIZE; j++) { out[first + j] *= diagonal; }
}
