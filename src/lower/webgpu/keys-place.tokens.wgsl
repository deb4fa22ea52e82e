// Key rows are token rows.
fn keyPlace(row: u32) -> vec4u { return tokenLayout[row]; }
