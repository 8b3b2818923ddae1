//! Writes bits, the lowest of each byte first.

/// Bytes with a last one that is not full.
#[derive(Debug, Default)]
pub struct Bits {
    bytes: Vec<u8>,
    rest: u64,
    /// How many of `rest` are taken; below 8 after each [`Bits::put`].
    taken: u32,
}

impl Bits {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// Adds the lowest `count` bits of `bits`, of which no others are set; 56 at most.
    #[inline]
    pub fn put(&mut self, bits: u64, count: u32) {
        self.rest |= bits << self.taken;
        self.taken += count;
        let whole = self.taken / 8;
        // Eight at once, and cut: less work than to look how many they are.
        let length = self.bytes.len() + whole as usize;
        self.bytes.extend_from_slice(&self.rest.to_le_bytes());
        self.bytes.truncate(length);
        self.rest = self.rest.checked_shr(8 * whole).unwrap_or(0);
        self.taken %= 8;
    }

    /// Bytes as they are, in blocks without compression.
    pub fn stored(&mut self, mut bytes: &[u8], is_last: bool) {
        loop {
            let (now, later) = bytes.split_at(bytes.len().min(0xFFFF));
            self.put(u64::from(is_last && later.is_empty()), 3);
            self.align();
            let length = now.len() as u16;
            self.bytes.extend_from_slice(&length.to_le_bytes());
            self.bytes.extend_from_slice(&(!length).to_le_bytes());
            self.bytes.extend_from_slice(now);
            if later.is_empty() {
                return;
            }
            bytes = later;
        }
    }

    /// An empty block, behind which stands a whole byte.
    pub fn flush_empty_block(&mut self) {
        self.stored(&[], false);
    }

    pub fn into_bytes(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }

    fn align(&mut self) {
        if self.taken > 0 {
            self.put(0, 8 - self.taken);
        }
    }
}
