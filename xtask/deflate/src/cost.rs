//! How many bits symbols take at best. In whole numbers: fractions are not the same on every machine.

/// A bit, in the unit of these functions.
pub const BIT: u64 = 1 << SCALE;
const SCALE: u32 = 8;
/// The logarithms of 1 to 2, in steps.
const STEPS: [u16; 1 << SCALE] = steps();

/// What a code of its own for symbols that come so often would make of them.
pub fn of(counts: &[u32]) -> u64 {
    let all: u32 = counts.iter().sum();
    let whole = log(all);
    counts.iter().filter(|count| **count > 0).map(|count| u64::from(*count) * u64::from(whole - log(*count))).sum()
}

fn log(number: u32) -> u32 {
    let number = number.max(1);
    let whole = number.ilog2();
    let step = (u64::from(number) << SCALE >> whole) as usize % STEPS.len();
    (whole << SCALE) + u32::from(STEPS[step])
}

/// By squaring: each time the square passes 2, the next binary digit of the logarithm is 1.
const fn steps() -> [u16; 1 << SCALE] {
    const ONE: u64 = 1 << 30;
    let mut steps = [0; 1 << SCALE];
    let mut n = 0;
    while n < steps.len() {
        let mut x = ONE + (((n as u64) << 30) >> SCALE);
        let mut digit = 0;
        while digit < SCALE {
            x = (x * x) >> 30;
            steps[n] <<= 1;
            if x >= 2 * ONE {
                x >>= 1;
                steps[n] |= 1;
            }
            digit += 1;
        }
        n += 1;
    }
    steps
}
