// One row an invocation: v [rows, INNER] -> [rows, 1].
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  var even = 0.0;
  var odd = 0.0;
  for (var j = 0u; j + 1u < INNER; j += 2u) {
    even += v[row * INNER + j] * v[row * INNER + j];
    odd += v[row * INNER + j + 1u] * v[row * INNER + j + 1u];
  }
  if (INNER % 2u == 1u) { even += v[row * INNER + INNER - 1u] * v[row * INNER + INNER - 1u]; }
  out[row] = 1.0 / sqrt(even + odd);
}
