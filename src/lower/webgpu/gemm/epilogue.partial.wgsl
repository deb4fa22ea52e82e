// First stage of a split product: the sum of one split, as it is.
@group(0) @binding(EPILOGUE) var<storage, read_write> out: array<f32>;

fn store(split: u32, m: u32, n: u32, value: f32) { out[(split * rows() + m) * COLS + n] = value; }
