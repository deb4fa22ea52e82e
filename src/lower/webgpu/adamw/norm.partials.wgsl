// Squares of the flat gradient block, LANES partial sums in a fixed order, and whether any gradient is not finite.
// Compilers may assume that NaN never happens, so finiteness is read off the bits.
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> flags: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var sum = 0.0;
  var flag = 0u;
  for (var i = id.x; i < TOTAL; i += LANES) {
    let g = gradients[i];
    flag |= u32((bitcast<u32>(g) & 0x7f800000u) == 0x7f800000u);
    sum += g * g;
  }
  sums[id.x] = sum;
  flags[id.x] = flag;
}
