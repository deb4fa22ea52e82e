// One workgroup: original, dOut [RANK, SIZE] -> dOriginal [RANK, SIZE]. Terms as in orthonormal.ts.
// scratch: q [RANK, SIZE], g [RANK, SIZE], s [RANK], w [RANK].
@group(0) @binding(1) var<storage, read> original: array<f32>;
@group(0) @binding(2) var<storage, read> dOut: array<f32>;
@group(0) @binding(3) var<storage, read_write> dOriginal: array<f32>;
@group(0) @binding(4) var<storage, read_write> scratch: array<f32>;

const G = RANK * SIZE;
const S = 2u * RANK * SIZE;
const W = S + RANK;

fn reflector(i: u32, j: u32) -> f32 { return select(original[i * SIZE + j], 1.0, j == i); }

fn norm(i: u32) -> f32 {
  var sum = 1.0;
  for (var j = i + 1u; j < SIZE; j++) { sum += original[i * SIZE + j] * original[i * SIZE + j]; }
  return sum;
}

fn project(at: u32, i: u32) -> f32 {
  var sum = 0.0;
  for (var j = i; j < SIZE; j++) { sum += reflector(i, j) * scratch[at + j]; }
  return sum;
}

fn reflect_(at: u32, i: u32, tau: f32) {
  let factor = tau * project(at, i);
  for (var j = i; j < SIZE; j++) { scratch[at + j] -= factor * reflector(i, j); }
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  for (var k = lane; k < RANK; k += 64u) {
    let diagonal = trunc(original[k * SIZE + k]);
    for (var j = 0u; j < SIZE; j++) {
      scratch[k * SIZE + j] = select(0.0, 1.0, j == k);
      scratch[G + k * SIZE + j] = dOut[k * SIZE + j] * diagonal;
    }
    for (var i = RANK; i > 0u; i--) { reflect_(k * SIZE, i - 1u, 2.0 / norm(i - 1u)); }
  }
  for (var i = 0u; i < RANK; i++) {
    let tau = 2.0 / norm(i);
    for (var k = lane; k < RANK; k += 64u) {
      reflect_(k * SIZE, i, tau);
      scratch[S + k] = project(k * SIZE, i);
      scratch[W + k] = project(G + k * SIZE, i);
    }
    storageBarrier();
    var sw = 0.0;
    for (var k = 0u; k < RANK; k++) { sw += scratch[S + k] * scratch[W + k]; }
    for (var j = lane; j < SIZE; j += 64u) {
      var sum = 0.0;
      for (var k = 0u; k < RANK; k++) {
        sum += scratch[G + k * SIZE + j] * scratch[S + k] + scratch[k * SIZE + j] * scratch[W + k];
      }
      dOriginal[i * SIZE + j] = select(0.0, tau * tau * sw * reflector(i, j) - tau * sum, j > i);
    }
    storageBarrier();
    for (var k = lane; k < RANK; k += 64u) { reflect_(G + k * SIZE, i, tau); }
    storageBarrier();
  }
}
