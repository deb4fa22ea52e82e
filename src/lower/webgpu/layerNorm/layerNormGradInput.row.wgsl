// One row an invocation: x, [residual], gamma, dY -> dX. Terms as in layerNorm.ts.
@group(0) @binding(AFTER_SUM) var<storage, read> gamma: array<f32>;
@group(0) @binding(AFTER_SUM + 1) var<storage, read> dY: array<f32>;
@group(0) @binding(AFTER_SUM + 2) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  let first = row * COLS;
  var sum = 0.0;
  var sumG = 0.0;
  for (var j = 0u; j < COLS; j++) {
    sum += summed(first + j);
    sumG += dY[first + j] * gamma[j];
  }
  let mean = sum / f32(COLS);
  let meanG = sumG / f32(COLS);
  var sumSquares = 0.0;
  var sumGS = 0.0;
  for (var j = 0u; j < COLS; j++) {
    let centred = summed(first + j) - mean;
    sumSquares += centred * centred;
    sumGS += dY[first + j] * gamma[j] * centred;
  }
  let rstd = 1.0 / sqrt(sumSquares / f32(COLS) + EPSILON);
  let meanGS = sumGS * rstd / f32(COLS);
  for (var j = 0u; j < COLS; j++) {
    let normalized = (summed(first + j) - mean) * rstd;
    dX[first + j] = rstd * (dY[first + j] * gamma[j] - meanG - normalized * meanGS);
  }
}
