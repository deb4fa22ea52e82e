// One row a workgroup of 64: a tree in workgroup memory. The one for real GPUs, whose loads are coalesced this way.
@group(0) @binding(AFTER_SUM) var<storage, read> gamma: array<f32>;
@group(0) @binding(AFTER_SUM + 1) var<storage, read> beta: array<f32>;
@group(0) @binding(AFTER_SUM + 2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * 65535u + group.x;
  if (row >= rows()) { return; }
  let first = row * COLS;
  var partial = 0.0;
  for (var j = lane; j < COLS; j += 64u) { partial += summed(first + j); }
  let mean = treeSum(lane, partial) / f32(COLS);
  partial = 0.0;
  for (var j = lane; j < COLS; j += 64u) {
    let centred = summed(first + j) - mean;
    partial += centred * centred;
  }
  let rstd = 1.0 / sqrt(treeSum(lane, partial) / f32(COLS) + EPSILON);
  for (var j = lane; j < COLS; j += 64u) {
    out[first + j] = (summed(first + j) - mean) * rstd * gamma[j] + beta[j];
  }
}
