// Eight rows and four columns an invocation, all in scalar registers: no workgroup memory, no barriers, no private
// arrays, the inner loop unrolled by four. A workgroup covers 32 rows and 64 columns; the columns of an invocation are 16
// apart, so that neighbouring lanes read neighbouring elements.
// Each lane of a quad loads one of the four inner elements of a row of a, and the quad shares them. That the four lanes of
// a quad work on the same rows is how every implementation numbers lanes, but WGSL does not promise it: the tuner checks.
// Binding 1 is a; `weights.*.wgsl` declares b, binding 2, and `loadB`; the epilogue declares the others and `store`. Strides
// are constants: op(a)[m, k] is a[m * A_ROW + k * A_INNER], op(b)[k, n] is b[k * B_INNER + n * B_COL], so one text serves all
// four orientations.
@group(0) @binding(1) var<storage, read> a: array<f32>;

@compute @workgroup_size(16, 4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  let m = (group.y * 4u + local.y) * 8u;
  let n = group.x * 64u + local.x;
  // Rows and columns past the end compute the last one again and are not stored.
  let lastRow = rows() - 1u;
  let a0 = min(m + 0u, lastRow) * A_ROW;
  let a1 = min(m + 1u, lastRow) * A_ROW;
  let a2 = min(m + 2u, lastRow) * A_ROW;
  let a3 = min(m + 3u, lastRow) * A_ROW;
  let a4 = min(m + 4u, lastRow) * A_ROW;
  let a5 = min(m + 5u, lastRow) * A_ROW;
  let a6 = min(m + 6u, lastRow) * A_ROW;
  let a7 = min(m + 7u, lastRow) * A_ROW;
  let n0 = min(n + 0u, COLS - 1u);
  let b0 = n0 * B_COL;
  let n1 = min(n + 16u, COLS - 1u);
  let b1 = n1 * B_COL;
  let n2 = min(n + 32u, COLS - 1u);
  let b2 = n2 * B_COL;
  let n3 = min(n + 48u, COLS - 1u);
  let b3 = n3 * B_COL;
  let perSplit = (inner() + SPLITS - 1u) / SPLITS;
  let begin = group.z * perSplit;
  let end = min(begin + perSplit, inner());
  let quadLane = (subgroupLane & 3u) * A_INNER;
  var s00 = 0.0; var s01 = 0.0; var s02 = 0.0; var s03 = 0.0;
  var s10 = 0.0; var s11 = 0.0; var s12 = 0.0; var s13 = 0.0;
  var s20 = 0.0; var s21 = 0.0; var s22 = 0.0; var s23 = 0.0;
  var s30 = 0.0; var s31 = 0.0; var s32 = 0.0; var s33 = 0.0;
  var s40 = 0.0; var s41 = 0.0; var s42 = 0.0; var s43 = 0.0;
  var s50 = 0.0; var s51 = 0.0; var s52 = 0.0; var s53 = 0.0;
  var s60 = 0.0; var s61 = 0.0; var s62 = 0.0; var s63 = 0.0;
  var s70 = 0.0; var s71 = 0.0; var s72 = 0.0; var s73 = 0.0;
  var k = begin;
  for (; k + 4u <= end; k += 4u) {
    let ka = k * A_INNER;
    let kb = k * B_INNER;
    let y00 = loadB(kb + 0u * B_INNER + b0, k + 0u, n0);
    let y01 = loadB(kb + 0u * B_INNER + b1, k + 0u, n1);
    let y02 = loadB(kb + 0u * B_INNER + b2, k + 0u, n2);
    let y03 = loadB(kb + 0u * B_INNER + b3, k + 0u, n3);
    let y10 = loadB(kb + 1u * B_INNER + b0, k + 1u, n0);
    let y11 = loadB(kb + 1u * B_INNER + b1, k + 1u, n1);
    let y12 = loadB(kb + 1u * B_INNER + b2, k + 1u, n2);
    let y13 = loadB(kb + 1u * B_INNER + b3, k + 1u, n3);
    let y20 = loadB(kb + 2u * B_INNER + b0, k + 2u, n0);
    let y21 = loadB(kb + 2u * B_INNER + b1, k + 2u, n1);
    let y22 = loadB(kb + 2u * B_INNER + b2, k + 2u, n2);
    let y23 = loadB(kb + 2u * B_INNER + b3, k + 2u, n3);
    let y30 = loadB(kb + 3u * B_INNER + b0, k + 3u, n0);
    let y31 = loadB(kb + 3u * B_INNER + b1, k + 3u, n1);
    let y32 = loadB(kb + 3u * B_INNER + b2, k + 3u, n2);
    let y33 = loadB(kb + 3u * B_INNER + b3, k + 3u, n3);
    let x0 = a[a0 + ka + quadLane];
    let x00 = quadBroadcast(x0, 0u);
    let x01 = quadBroadcast(x0, 1u);
    let x02 = quadBroadcast(x0, 2u);
    let x03 = quadBroadcast(x0, 3u);
    s00 += x00 * y00 + x01 * y10 + x02 * y20 + x03 * y30;
    s01 += x00 * y01 + x01 * y11 + x02 * y21 + x03 * y31;
    s02 += x00 * y02 + x01 * y12 + x02 * y22 + x03 * y32;
    s03 += x00 * y03 + x01 * y13 + x02 * y23 + x03 * y33;
    let x1 = a[a1 + ka + quadLane];
    let x10 = quadBroadcast(x1, 0u);
    let x11 = quadBroadcast(x1, 1u);
    let x12 = quadBroadcast(x1, 2u);
    let x13 = quadBroadcast(x1, 3u);
    s10 += x10 * y00 + x11 * y10 + x12 * y20 + x13 * y30;
    s11 += x10 * y01 + x11 * y11 + x12 * y21 + x13 * y31;
    s12 += x10 * y02 + x11 * y12 + x12 * y22 + x13 * y32;
    s13 += x10 * y03 + x11 * y13 + x12 * y23 + x13 * y33;
    let x2 = a[a2 + ka + quadLane];
    let x20 = quadBroadcast(x2, 0u);
    let x21 = quadBroadcast(x2, 1u);
    let x22 = quadBroadcast(x2, 2u);
    let x23 = quadBroadcast(x2, 3u);
    s20 += x20 * y00 + x21 * y10 + x22 * y20 + x23 * y30;
    s21 += x20 * y01 + x21 * y11 + x22 * y21 + x23 * y31;
    s22 += x20 * y02 + x21 * y12 + x22 * y22 + x23 * y32;
    s23 += x20 * y03 + x21 * y13 + x22 * y23 + x23 * y33;
    let x3 = a[a3 + ka + quadLane];
    let x30 = quadBroadcast(x3, 0u);
    let x31 = quadBroadcast(x3, 1u);
    let x32 = quadBroadcast(x3, 2u);
    let x33 = quadBroadcast(x3, 3u);
    s30 += x30 * y00 + x31 * y10 + x32 * y20 + x33 * y30;
    s31 += x30 * y01 + x31 * y11 + x32 * y21 + x33 * y31;
    s32 += x30 * y02 + x31 * y12 + x32 * y22 + x33 * y32;
    s33 += x30 * y03 + x31 * y13 + x32 * y23 + x33 * y33;
    let x4 = a[a4 + ka + quadLane];
    let x40 = quadBroadcast(x4, 0u);
    let x41 = quadBroadcast(x4, 1u);
    let x42 = quadBroadcast(x4, 2u);
    let x43 = quadBroadcast(x4, 3u);
    s40 += x40 * y00 + x41 * y10 + x42 * y20 + x43 * y30;
    s41 += x40 * y01 + x41 * y11 + x42 * y21 + x43 * y31;
    s42 += x40 * y02 + x41 * y12 + x42 * y22 + x43 * y32;
    s43 += x40 * y03 + x41 * y13 + x42 * y23 + x43 * y33;
    let x5 = a[a5 + ka + quadLane];
    let x50 = quadBroadcast(x5, 0u);
    let x51 = quadBroadcast(x5, 1u);
    let x52 = quadBroadcast(x5, 2u);
    let x53 = quadBroadcast(x5, 3u);
    s50 += x50 * y00 + x51 * y10 + x52 * y20 + x53 * y30;
    s51 += x50 * y01 + x51 * y11 + x52 * y21 + x53 * y31;
    s52 += x50 * y02 + x51 * y12 + x52 * y22 + x53 * y32;
    s53 += x50 * y03 + x51 * y13 + x52 * y23 + x53 * y33;
    let x6 = a[a6 + ka + quadLane];
    let x60 = quadBroadcast(x6, 0u);
    let x61 = quadBroadcast(x6, 1u);
    let x62 = quadBroadcast(x6, 2u);
    let x63 = quadBroadcast(x6, 3u);
    s60 += x60 * y00 + x61 * y10 + x62 * y20 + x63 * y30;
    s61 += x60 * y01 + x61 * y11 + x62 * y21 + x63 * y31;
    s62 += x60 * y02 + x61 * y12 + x62 * y22 + x63 * y32;
    s63 += x60 * y03 + x61 * y13 + x62 * y23 + x63 * y33;
    let x7 = a[a7 + ka + quadLane];
    let x70 = quadBroadcast(x7, 0u);
    let x71 = quadBroadcast(x7, 1u);
    let x72 = quadBroadcast(x7, 2u);
    let x73 = quadBroadcast(x7, 3u);
    s70 += x70 * y00 + x71 * y10 + x72 * y20 + x73 * y30;
    s71 += x70 * y01 + x71 * y11 + x72 * y21 + x73 * y31;
    s72 += x70 * y02 + x71 * y12 + x72 * y22 + x73 * y32;
    s73 += x70 * y03 + x71 * y13 + x72 * y23 + x73 * y33;
  }
  for (; k < end; k++) {
    let ka = k * A_INNER;
    let kb = k * B_INNER;
    let y0 = loadB(kb + b0, k, n0);
    let y1 = loadB(kb + b1, k, n1);
    let y2 = loadB(kb + b2, k, n2);
    let y3 = loadB(kb + b3, k, n3);
    let x0 = a[a0 + ka];
    s00 += x0 * y0; s01 += x0 * y1; s02 += x0 * y2; s03 += x0 * y3;
    let x1 = a[a1 + ka];
    s10 += x1 * y0; s11 += x1 * y1; s12 += x1 * y2; s13 += x1 * y3;
    let x2 = a[a2 + ka];
    s20 += x2 * y0; s21 += x2 * y1; s22 += x2 * y2; s23 += x2 * y3;
    let x3 = a[a3 + ka];
    s30 += x3 * y0; s31 += x3 * y1; s32 += x3 * y2; s33 += x3 * y3;
    let x4 = a[a4 + ka];
    s40 += x4 * y0; s41 += x4 * y1; s42 += x4 * y2; s43 += x4 * y3;
    let x5 = a[a5 + ka];
    s50 += x5 * y0; s51 += x5 * y1; s52 += x5 * y2; s53 += x5 * y3;
    let x6 = a[a6 + ka];
    s60 += x6 * y0; s61 += x6 * y1; s62 += x6 * y2; s63 += x6 * y3;
    let x7 = a[a7 + ka];
    s70 += x7 * y0; s71 += x7 * y1; s72 += x7 * y2; s73 += x7 * y3;
  }
  if (m + 0u < rows() && n + 0u < COLS) { store(group.z, m + 0u, n + 0u, s00); }
  if (m + 0u < rows() && n + 16u < COLS) { store(group.z, m + 0u, n + 16u, s01); }
  if (m + 0u < rows() && n + 32u < COLS) { store(group.z, m + 0u, n + 32u, s02); }
  if (m + 0u < rows() && n + 48u < COLS) { store(group.z, m + 0u, n + 48u, s03); }
  if (m + 1u < rows() && n + 0u < COLS) { store(group.z, m + 1u, n + 0u, s10); }
  if (m + 1u < rows() && n + 16u < COLS) { store(group.z, m + 1u, n + 16u, s11); }
  if (m + 1u < rows() && n + 32u < COLS) { store(group.z, m + 1u, n + 32u, s12); }
  if (m + 1u < rows() && n + 48u < COLS) { store(group.z, m + 1u, n + 48u, s13); }
  if (m + 2u < rows() && n + 0u < COLS) { store(group.z, m + 2u, n + 0u, s20); }
  if (m + 2u < rows() && n + 16u < COLS) { store(group.z, m + 2u, n + 16u, s21); }
  if (m + 2u < rows() && n + 32u < COLS) { store(group.z, m + 2u, n + 32u, s22); }
  if (m + 2u < rows() && n + 48u < COLS) { store(group.z, m + 2u, n + 48u, s23); }
  if (m + 3u < rows() && n + 0u < COLS) { store(group.z, m + 3u, n + 0u, s30); }
  if (m + 3u < rows() && n + 16u < COLS) { store(group.z, m + 3u, n + 16u, s31); }
  if (m + 3u < rows() && n + 32u < COLS) { store(group.z, m + 3u, n + 32u, s32); }
  if (m + 3u < rows() && n + 48u < COLS) { store(group.z, m + 3u, n + 48u, s33); }
  if (m + 4u < rows() && n + 0u < COLS) { store(group.z, m + 4u, n + 0u, s40); }
  if (m + 4u < rows() && n + 16u < COLS) { store(group.z, m + 4u, n + 16u, s41); }
  if (m + 4u < rows() && n + 32u < COLS) { store(group.z, m + 4u, n + 32u, s42); }
  if (m + 4u < rows() && n + 48u < COLS) { store(group.z, m + 4u, n + 48u, s43); }
  if (m + 5u < rows() && n + 0u < COLS) { store(group.z, m + 5u, n + 0u, s50); }
  if (m + 5u < rows() && n + 16u < COLS) { store(group.z, m + 5u, n + 16u, s51); }
  if (m + 5u < rows() && n + 32u < COLS) { store(group.z, m + 5u, n + 32u, s52); }
  if (m + 5u < rows() && n + 48u < COLS) { store(group.z, m + 5u, n + 48u, s53); }
  if (m + 6u < rows() && n + 0u < COLS) { store(group.z, m + 6u, n + 0u, s60); }
  if (m + 6u < rows() && n + 16u < COLS) { store(group.z, m + 6u, n + 16u, s61); }
  if (m + 6u < rows() && n + 32u < COLS) { store(group.z, m + 6u, n + 32u, s62); }
  if (m + 6u < rows() && n + 48u < COLS) { store(group.z, m + 6u, n + 48u, s63); }
  if (m + 7u < rows() && n + 0u < COLS) { store(group.z, m + 7u, n + 0u, s70); }
  if (m + 7u < rows() && n + 16u < COLS) { store(group.z, m + 7u, n + 16u, s71); }
  if (m + 7u < rows() && n + 32u < COLS) { store(group.z, m + 7u, n + 32u, s72); }
  if (m + 7u < rows() && n + 48u < COLS) { store(group.z, m + 7u, n + 48u, s73); }
}
