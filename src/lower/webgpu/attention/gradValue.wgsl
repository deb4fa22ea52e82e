// q, k, lse, dOut, tokenLayout -> dV [M, D]
// An invocation owns CHUNK = 32 features of one (row, head): eight vec4 accumulators in registers. A head of more than 32
// features is computed by several invocations, each of which repeats the scores.
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> dOut: array<f32>;
@group(0) @binding(5) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(6) var<storage, read_write> dV: array<f32>;

// Four features from d; those past the end of the head are zero (their neighbour's value is read and dropped).
fn outAt(at: u32, d: u32) -> vec4f {
  return vec4f(
    select(0.0, dOut[at + d], d < HEAD_SIZE), select(0.0, dOut[at + d + 1u], d + 1u < HEAD_SIZE),
    select(0.0, dOut[at + d + 2u], d + 2u < HEAD_SIZE), select(0.0, dOut[at + d + 3u], d + 3u < HEAD_SIZE));
}

fn store4(at: u32, d: u32, value: vec4f) {
  if (d < HEAD_SIZE) { dV[at + d] = value.x; }
  if (d + 1u < HEAD_SIZE) { dV[at + d + 1u] = value.y; }
  if (d + 2u < HEAD_SIZE) { dV[at + d + 2u] = value.z; }
  if (d + 3u < HEAD_SIZE) { dV[at + d + 3u] = value.w; }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = linearIndex(id);
  if (index >= rows() * HEADS * CHUNKS) { return; }
  let chunk = index % CHUNKS;
  let head = (index / CHUNKS) % HEADS;
  let row = index / (CHUNKS * HEADS);
  let place = keyPlace(row);
  let rowAt = row * WIDTH + head * HEAD_SIZE;
  let first = chunk * 32u;
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  var a4 = vec4f(); var a5 = vec4f(); var a6 = vec4f(); var a7 = vec4f();
  // A padding row is no key: its gradient is zero.
  let queries = select(0u, place.z, row < place.y + place.x * PREFIX + PREFIX + place.w);
  for (var i = place.y; i < place.y + queries; i++) {
    let otherAt = i * WIDTH + head * HEAD_SIZE;
    var score = 0.0;
    // Four at a time: the loop costs more than the products where every instruction counts.
    for (var d = 0u; d + 3u < HEAD_SIZE; d += 4u) {
      score += q[otherAt + d] * k[rowAt + d] + q[otherAt + d + 1u] * k[rowAt + d + 1u] + q[otherAt + d + 2u] * k[rowAt + d + 2u] + q[otherAt + d + 3u] * k[rowAt + d + 3u];
    }
    for (var d = HEAD_SIZE / 4u * 4u; d < HEAD_SIZE; d++) {
      score += q[otherAt + d] * k[rowAt + d];
    }
    let weight = exp(score * SCORE_SCALE - lse[i * HEADS + head]) * probabilityMask(place, head, i, row);
    a0 += weight * outAt(otherAt, first + 0u);
    a1 += weight * outAt(otherAt, first + 4u);
    a2 += weight * outAt(otherAt, first + 8u);
    a3 += weight * outAt(otherAt, first + 12u);
    a4 += weight * outAt(otherAt, first + 16u);
    a5 += weight * outAt(otherAt, first + 20u);
    a6 += weight * outAt(otherAt, first + 24u);
    a7 += weight * outAt(otherAt, first + 28u);
  }
  store4(rowAt, first + 0u, a0);
  store4(rowAt, first + 4u, a1);
  store4(rowAt, first + 8u, a2);
  store4(rowAt, first + 12u, a3);
  store4(rowAt, first + 16u, a4);
  store4(rowAt, first + 20u, a5);
  store4(rowAt, first + 24u, a6);
  store4(rowAt, first + 28u, a7);
}
