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
    let difference = logits[first + c] - targets[first + c];
    loss += difference * difference;
  }
  out[row] = loss / f32(CLASSES);
}
