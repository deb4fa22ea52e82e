// One row an invocation: logits, targets [B, C] -> loss [B].
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  let first = row * CLASSES;
  var loss = 0.0;
  for (var c = 0u; c < CLASSES; c++) {
    let z = logits[first + c];
    let e = exp(-abs(z));
    // log(1 + e) loses e where it is small against 1: two terms of its series there.
    let softplus = select(log(1.0 + e), e * (1.0 - 0.5 * e), e < 1.0e-3);
    loss += max(z, 0.0) - z * targets[first + c] + softplus;
  }
  out[row] = loss / f32(CLASSES);
}
