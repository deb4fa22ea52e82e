// One (row, head) an invocation: q, k [M, D], tokenLayout [M] -> lse [M, HEADS]. Online maximum, one pass over the keys.
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * HEADS) { return; }
  let row = i / HEADS;
  let head = i % HEADS;
  let place = tokenLayout[row];
  let qAt = row * WIDTH + head * HEAD_SIZE;
  var largest = -3.0e38;
  var sum = 0.0;
  let firstKey = place.y + place.x * PREFIX;
  for (var j = firstKey; j < firstKey + PREFIX + place.w; j++) {
    let kAt = j * WIDTH + head * HEAD_SIZE;
    var score = 0.0;
    // Four at a time: the loop costs more than the products where every instruction counts.
    for (var d = 0u; d + 3u < HEAD_SIZE; d += 4u) {
      score += q[qAt + d] * k[kAt + d] + q[qAt + d + 1u] * k[kAt + d + 1u] + q[qAt + d + 2u] * k[kAt + d + 2u] + q[qAt + d + 3u] * k[kAt + d + 3u];
    }
    for (var d = HEAD_SIZE / 4u * 4u; d < HEAD_SIZE; d++) {
      score += q[qAt + d] * k[kAt + d];
    }
    score *= SCORE_SCALE;
    let next = max(largest, score);
    sum = sum * exp(largest - next) + exp(score - next);
    largest = next;
  }
  lse[i] = log(sum) + largest;
}
