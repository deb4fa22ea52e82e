// Sum over a workgroup of 64 in workgroup memory, in a fixed order; every lane gets it. May be called again.
var<workgroup> treeSums: array<f32, 64>;

fn treeSum(lane: u32, value: f32) -> f32 {
  treeSums[lane] = value;
  workgroupBarrier();
  for (var width = 32u; width > 0u; width >>= 1u) {
    if (lane < width) { treeSums[lane] += treeSums[lane + width]; }
    workgroupBarrier();
  }
  let sum = workgroupUniformLoad(&treeSums[0]);
  workgroupBarrier();
  return sum;
}
