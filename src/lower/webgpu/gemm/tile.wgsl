// Square tiles in workgroup memory, 4 x 4 outputs an invocation in vec4 registers: what real GPUs need. SIDE x SIDE
// invocations compute a tile of 4 SIDE x 4 SIDE outputs; 16 inner elements at a time go through workgroup memory.
// Binding 1 is a; `weights.*.wgsl` declares b, binding 2, and `loadB`; the epilogue declares the others and `store`. Strides
// are constants: op(a)[m, k] is a[m * A_ROW + k * A_INNER], op(b)[k, n] is b[k * B_INNER + n * B_COL], so one text serves all
// four orientations.
@group(0) @binding(1) var<storage, read> a: array<f32>;

const TILE = 4u * SIDE;
const DEPTH = 16u;
const LOADS = TILE * DEPTH / (SIDE * SIDE);

// [inner][row] and [inner][column]: an invocation reads its four rows and four columns as one vec4 each.
var<workgroup> tileA: array<vec4f, DEPTH * SIDE>;
var<workgroup> tileB: array<vec4f, DEPTH * SIDE>;

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let firstRow = group.y * TILE;
  let firstCol = group.x * TILE;
  let perSplit = (inner() + SPLITS - 1u) / SPLITS;
  let begin = group.z * perSplit;
  let end = min(begin + perSplit, inner());
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var k0 = begin; k0 < end; k0 += DEPTH) {
    for (var load = 0u; load < LOADS; load++) {
      // Consecutive lanes read consecutive memory, whichever way a and b lie.
      let e = lane + load * SIDE * SIDE;
      let aInner = select(e / TILE, e % DEPTH, A_INNER == 1u);
      let aRow = select(e % TILE, e / DEPTH, A_INNER == 1u);
      let bInner = select(e / TILE, e % DEPTH, B_INNER == 1u);
      let bCol = select(e % TILE, e / DEPTH, B_INNER == 1u);
      let aAt = min(firstRow + aRow, rows() - 1u) * A_ROW + min(k0 + aInner, inner() - 1u) * A_INNER;
      let k = min(k0 + bInner, inner() - 1u);
      let n = min(firstCol + bCol, COLS - 1u);
      // Inner elements past the end count as zero in a, so what b holds there does not matter, as long as it is finite.
      tileA[aInner * SIDE + aRow / 4u][aRow % 4u] = select(0.0, a[aAt], k0 + aInner < end);
      tileB[bInner * SIDE + bCol / 4u][bCol % 4u] = select(0.0, loadB(k * B_INNER + n * B_COL, k, n), k0 + bInner < end);
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let x = tileA[k * SIDE + local.y];
      let y = tileB[k * SIDE + local.x];
      s0 += x.x * y;
      s1 += x.y * y;
      s2 += x.z * y;
      s3 += x.w * y;
    }
    workgroupBarrier();
  }
  let m = firstRow + 4u * local.y;
  let n = firstCol + 4u * local.x;
  storeRow(group.z, m, n, s0);
  storeRow(group.z, m + 1u, n, s1);
  storeRow(group.z, m + 2u, n, s2);
  storeRow(group.z, m + 3u, n, s3);
}

fn storeRow(split: u32, m: u32, n: u32, values: vec4f) {
  if (m >= rows()) { return; }
  if (n < COLS) { store(split, m, n, values.x); }
  if (n + 1u < COLS) { store(split, m, n + 1u, values.y); }
  if (n + 2u < COLS) { store(split, m, n + 2u, values.z); }
  if (n + 3u < COLS) { store(split, m, n + 3u, values.w); }
}
