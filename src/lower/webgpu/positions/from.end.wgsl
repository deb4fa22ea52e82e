// Twin of positionOf in positions.ts; both may be out of range, which an unsigned number shows as a large one.
fn positionOf(index: u32, keys: u32) -> u32 { return keys + index - COUNT; }
fn indexOf(position: u32, keys: u32) -> u32 { return position + COUNT - keys; }
