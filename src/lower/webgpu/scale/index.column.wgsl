fn factorIndex(i: u32) -> u32 { return i / COLS; }
