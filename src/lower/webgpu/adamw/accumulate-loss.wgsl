// The step's loss: mean over its micro-batches.
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read> lossScale: array<f32>;
@group(0) @binding(3) var<storage, read_write> lossSum: array<f32>;

@compute @workgroup_size(1)
fn main() { lossSum[0] += loss[0] * lossScale[0]; }
