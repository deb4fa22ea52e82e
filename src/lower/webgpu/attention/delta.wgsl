// One (row, head) an invocation: dOut, out [M, D] -> delta [M, HEADS] = dOut . out within the head.
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> attended: array<f32>;
@group(0) @binding(3) var<storage, read_write> delta: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * HEADS) { return; }
  var sum = 0.0;
  for (var d = 0u; d < HEAD_SIZE; d++) { sum += dOut[i * HEAD_SIZE + d] * attended[i * HEAD_SIZE + d]; }
  delta[i] = sum;
}
