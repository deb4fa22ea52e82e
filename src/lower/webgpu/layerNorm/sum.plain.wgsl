// The row that is normalized: x alone.
@group(0) @binding(1) var<storage, read> x: array<f32>;

fn summed(i: u32) -> f32 { return x[i]; }
