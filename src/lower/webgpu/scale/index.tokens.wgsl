fn factorIndex(i: u32) -> u32 { return tokenLayout[i / COLS].x; }
