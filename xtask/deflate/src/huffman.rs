//! Codes whose lengths fit how often symbols come.

/// The code of each symbol: its bits, in the order in which they are written, and how many they are.
pub type Code<const N: usize> = [(u16, u8); N];

/// The lengths of a code for symbols that come so often, none longer than `longest`; 0 for those that do not come.
pub fn lengths<const N: usize>(counts: &[u32; N], longest: u8) -> [u8; N] {
    let mut lengths = [0; N];
    let mut symbols: Vec<(u32, usize)> =
        counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(symbol, count)| (*count, symbol)).collect();
    symbols.sort_unstable();
    let Some((_, last)) = symbols.last() else { return lengths };
    if symbols.len() == 1 {
        lengths[*last] = 1;
        return lengths;
    }
    // How many codes have a length. Those that are too long are cut, and others made longer to pay for it.
    let mut of_length = [0_u32; 64];
    for depth in depths(&symbols) {
        of_length[depth.min(longest.into())] += 1;
    }
    let room = 1_u64 << longest;
    let mut taken: u64 =
        (1..=longest).map(|length| u64::from(of_length[usize::from(length)]) << (longest - length)).sum();
    while taken > room {
        let Some(length) = (1..longest).rev().find(|length| of_length[usize::from(*length)] > 0) else { break };
        of_length[usize::from(length)] -= 1;
        of_length[usize::from(length) + 1] += 1;
        taken -= 1 << (longest - length - 1);
    }
    // What that left over makes others shorter again.
    for length in (2..=longest).rev() {
        let gain = 1_u64 << (longest - length);
        while taken + gain <= room && of_length[usize::from(length)] > 0 {
            of_length[usize::from(length)] -= 1;
            of_length[usize::from(length) - 1] += 1;
            taken += gain;
        }
    }
    let mut rest = symbols.iter();
    for length in (1..=longest).rev() {
        for (_, symbol) in rest.by_ref().take(of_length[usize::from(length)] as usize) {
            lengths[*symbol] = length;
        }
    }
    lengths
}

/// How deep symbols, the rarest first, stand in the tree that joins the two rarest again and again.
fn depths(symbols: &[(u32, usize)]) -> Vec<usize> {
    let leaves = symbols.len();
    let mut weights: Vec<u32> = symbols.iter().map(|(count, _)| *count).collect();
    let mut parents = vec![0; 2 * leaves - 1];
    let (mut leaf, mut joined) = (0, leaves);
    for node in leaves..2 * leaves - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let rarest = if leaf < leaves && (joined >= node || weights[leaf] <= weights[joined]) {
                &mut leaf
            } else {
                &mut joined
            };
            weight += weights[*rarest];
            parents[*rarest] = node;
            *rarest += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0; 2 * leaves - 1];
    for node in (0..2 * leaves - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(leaves);
    depths.iter().map(|depth: &usize| (*depth).min(63)).collect()
}

/// The code of these lengths (RFC 1951, 3.2.2).
pub fn code<const N: usize>(lengths: &[u8; N]) -> Code<N> {
    let mut next = [0_u16; 17];
    for length in 1..16 {
        let count = lengths.iter().filter(|l| usize::from(**l) == length).count() as u16;
        next[length + 1] = (next[length] + count) << 1;
    }
    let mut code = [(0, 0); N];
    for (symbol, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
        let bits = &mut next[usize::from(*length)];
        // Codes are written from their highest bit on, and everything else from the lowest.
        code[symbol] = (bits.reverse_bits() >> (16 - length), *length);
        *bits += 1;
    }
    code
}
