// One invocation: the global norm, the clipping factor, and whether this step may be taken at all.
struct Update {
  decayFactor: f32, stepSize: f32, secondMomentScale: f32, epsilon: f32,
  beta1: f32, beta2: f32, rest1: f32, rest2: f32, // rest = 1 - beta, rounded once
  maxGradNorm: f32,
}
struct Control { clip: f32, skipped: u32, norm: f32, loss: f32 }

@group(0) @binding(1) var<uniform> update: Update;
@group(0) @binding(2) var<storage, read> sums: array<f32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read> lossSum: array<f32>;
@group(0) @binding(5) var<storage, read_write> control: Control;

fn isNotFinite(value: f32) -> bool { return (bitcast<u32>(value) & 0x7f800000u) == 0x7f800000u; }

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  var flag = 0u;
  for (var i = 0u; i < LANES; i++) {
    sum += sums[i];
    flag |= flags[i];
  }
  let norm = sqrt(sum);
  let loss = lossSum[0];
  control.norm = norm;
  control.loss = loss;
  control.skipped = flag | u32(isNotFinite(sum)) | u32(isNotFinite(loss));
  // torch.nn.utils.clip_grad_norm_
  control.clip = select(1.0, min(1.0, update.maxGradNorm / (norm + 1e-6)), update.maxGradNorm > 0.0);
}
