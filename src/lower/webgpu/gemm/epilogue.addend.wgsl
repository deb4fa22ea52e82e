// out = alpha v + addend
@group(0) @binding(EPILOGUE) var<storage, read> addend: array<f32>;
@group(0) @binding(EPILOGUE + 1u) var<storage, read_write> out: array<f32>;

fn store(split: u32, m: u32, n: u32, value: f32) { out[m * COLS + n] = ALPHA * value + addend[m * COLS + n]; }
