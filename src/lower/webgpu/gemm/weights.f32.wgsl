// b as float32. `at` is the element's place; `k` and `n` are its indices in op(b), for the storages that have scales.
@group(0) @binding(2) var<storage, read> b: array<f32>;

fn loadB(at: u32, k: u32, n: u32) -> f32 { return b[at]; }
