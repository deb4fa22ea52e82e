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
  var largest = logits[first];
  for (var c = 1u; c < CLASSES; c++) { largest = max(largest, logits[first + c]); }
  var sum = 0.0;
  var total = 0.0;
  for (var c = 0u; c < CLASSES; c++) {
    sum += exp(logits[first + c] - largest);
    total += targets[first + c];
  }
  for (var c = 0u; c < CLASSES; c++) {
    let probability = exp(logits[first + c] - largest) / sum;
    // p (sum of targets) - t = p (other targets) - (1 - p) t, and 1 - p by the other terms: it cancels where p is near 1.
    var others = 0.0;
    for (var o = 0u; o < CLASSES; o++) { if (o != c) { others += exp(logits[first + o] - largest); } }
    let target_ = targets[first + c];
    dLogits[first + c] = (probability * (total - target_) - others / sum * target_) * dLoss[row];
  }
}
