// Number of an invocation in a linear grid that was folded into two dimensions.
fn linearIndex(id: vec3u) -> u32 { return id.y * (65535u * 64u) + id.x; }
