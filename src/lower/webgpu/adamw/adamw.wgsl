// One element an invocation: AdamW on the flat blocks; nothing is written in a step that is skipped.
struct Update {
  decayFactor: f32, stepSize: f32, secondMomentScale: f32, epsilon: f32,
  beta1: f32, beta2: f32, rest1: f32, rest2: f32, // rest = 1 - beta, rounded once
  maxGradNorm: f32,
}
struct Control { clip: f32, skipped: u32, norm: f32, loss: f32 }

@group(0) @binding(1) var<uniform> update: Update;
@group(0) @binding(2) var<storage, read> control: Control;
@group(0) @binding(3) var<storage, read> gradients: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(5) var<storage, read_write> firstMoment: array<f32>;
@group(0) @binding(6) var<storage, read_write> secondMoment: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= TOTAL || control.skipped != 0u) { return; }
  let g = gradients[i] * control.clip;
  let m = update.beta1 * firstMoment[i] + update.rest1 * g;
  let v = update.beta2 * secondMoment[i] + update.rest2 * g * g;
  firstMoment[i] = m;
  secondMoment[i] = v;
  let kept = parameters[i] * select(1.0, update.decayFactor, i < DECAYED);
  parameters[i] = kept - update.stepSize * m / (sqrt(v) * update.secondMomentScale + update.epsilon);
}
