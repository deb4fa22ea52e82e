// One invocation, in order: x [rows] -> [1]. A batch has few rows.
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  for (var i = 0u; i < summands(); i++) { sum += x[i]; }
  out[0] = sum / f32(summands());
}
