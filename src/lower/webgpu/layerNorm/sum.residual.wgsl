// The row that is normalized: x + residual.
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> residual: array<f32>;

fn summed(i: u32) -> f32 { return x[i] + residual[i]; }
