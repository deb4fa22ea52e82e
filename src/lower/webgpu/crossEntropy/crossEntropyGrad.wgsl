// One row an invocation: logits [B, C], labels [B], dLoss [B] -> dLogits [B, C].
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
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
  for (var c = 0u; c < CLASSES; c++) { sum += exp(logits[first + c] - largest); }
  let label = labels[row];
  for (var c = 0u; c < CLASSES; c++) {
    var probability = exp(logits[first + c] - largest) / sum;
    if (c == label) {
      // p - 1 cancels where the label is nearly certain: sum the other terms instead.
      var others = 0.0;
      for (var o = 0u; o < CLASSES; o++) { if (o != c) { others += exp(logits[first + o] - largest); } }
      probability = -others / sum;
    }
    dLogits[first + c] = probability * dLoss[row];
  }
}
