// One row an invocation: logits, targets [B, C], dLoss [B] -> dLogits [B, C].
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<f32>;
@group(0) @binding(3) var<storage, read> dLoss: array<f32>;
@group(0) @binding(4) var<storage, read_write> dLogits: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  let first = row * CLASSES;
  for (var c = 0u; c < CLASSES; c++) {
    let z = logits[first + c];
    let e = exp(-abs(z));
    let probability = select(e, 1.0, z >= 0.0) / (1.0 + e);
    dLogits[first + c] = (probability - targets[first + c]) / f32(CLASSES) * dLoss[row];
  }
}
