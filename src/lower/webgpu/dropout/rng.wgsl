// Twin of rng.ts: MurmurHash3's finalizer folded over the coordinates of an element.
fn mix32(value: u32) -> u32 {
  var h = value;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}

fn fold(key: u32, coordinate: u32) -> u32 { return mix32(key * 31u + coordinate + 0x9e3779b9u); }

fn maskKey() -> u32 { return fold(fold(fold(0u, step.seed), step.microStep), SITE); }
