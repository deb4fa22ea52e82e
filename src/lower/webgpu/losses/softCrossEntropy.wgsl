// One row an invocation: logits, targets [B, C] -> loss [B].
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  let first = row * CLASSES;
  var largest = logits[first];
  for (var c = 1u; c < CLASSES; c++) { largest = max(largest, logits[first + c]); }
  var sum = 0.0;
  for (var c = 0u; c < CLASSES; c++) { sum += exp(logits[first + c] - largest); }
  let logSum = log(sum);
  var loss = 0.0;
  for (var c = 0u; c < CLASSES; c++) { loss += targets[first + c] * (logSum + (largest - logits[first + c])); }
  out[row] = loss;
}
