// Without dropout every probability keeps its weight.
fn probabilityMask(place: vec4u, head: u32, query: u32, key: u32) -> f32 { return 1.0; }
