// x [tokens, N], factor [sequences, 1], tokenLayout [tokens, 4] -> [tokens, N]
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  out[i] = x[i] * factor[factorIndex(i)];
}
