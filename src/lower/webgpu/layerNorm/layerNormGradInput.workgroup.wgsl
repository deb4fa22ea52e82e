// One row a workgroup of 64: x, [residual], gamma, dY -> dX. Terms as in layerNorm.ts.
@group(0) @binding(AFTER_SUM) var<storage, read> gamma: array<f32>;
@group(0) @binding(AFTER_SUM + 1) var<storage, read> dY: array<f32>;
@group(0) @binding(AFTER_SUM + 2) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * 65535u + group.x;
  if (row >= rows()) { return; }
  let first = row * COLS;
  var partial = 0.0;
  var partialG = 0.0;
  for (var j = lane; j < COLS; j += 64u) {
    partial += summed(first + j);
    partialG += dY[first + j] * gamma[j];
  }
  let mean = treeSum(lane, partial) / f32(COLS);
  let meanG = treeSum(lane, partialG) / f32(COLS);
  partial = 0.0;
  partialG = 0.0;
  for (var j = lane; j < COLS; j += 64u) {
    let centred = summed(first + j) - mean;
    partial += centred * centred;
    partialG += dY[first + j] * gamma[j] * centred;
  }
  let rstd = 1.0 / sqrt(treeSum(lane, partial) / f32(COLS) + EPSILON);
  let meanGS = treeSum(lane, partialG) * rstd / f32(COLS);
  for (var j = lane; j < COLS; j += 64u) {
    let normalized = (summed(first + j) - mean) * rstd;
    dX[first + j] = rstd * (dY[first + j] * gamma[j] - meanG - normalized * meanGS);
  }
}
