// x [tokens, N], layout [sequences, 4] (first row, rows, ...) -> [sequences, N]
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> sequenceLayout: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let place = sequenceLayout[i / COLS];
  var sum = 0.0;
  for (var row = place.x; row < place.x + place.y; row++) { sum += x[row * COLS + i % COLS]; }
  out[i] = select(sum, sum / f32(place.y), MEAN);
}
