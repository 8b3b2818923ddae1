//! Bytes to text, piece by piece, so that no input has to fit into memory.

use std::io::{self, BufRead, ErrorKind};

/// What stands for a sequence of bytes that is not UTF-8.
pub(crate) const REPLACEMENT: &str = "\u{fffd}";

/// Gives the whole input to `each` as pieces of text, each with the number of bytes it was made from.
///
/// A sequence that is not UTF-8 is one piece, [`REPLACEMENT`]; where such a sequence ends is decided as in
/// [`String::from_utf8_lossy`], whatever the sizes of the reader's buffers.
pub(crate) fn decode(mut reader: impl BufRead, mut each: impl FnMut(&str, usize)) -> io::Result<()> {
    // The beginning of a character whose end is in the next buffer: three bytes at most.
    let mut begun = Vec::with_capacity(4);
    loop {
        let buffer = match reader.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let Some(&first) = buffer.first() else { break };
        let used = if begun.is_empty() {
            begun.extend_from_slice(decode_buffer(buffer, &mut each));
            buffer.len()
        } else {
            usize::from(continue_character(&mut begun, first, &mut each))
        };
        reader.consume(used);
    }
    if !begun.is_empty() {
        each(REPLACEMENT, begun.len());
    }
    Ok(())
}

/// Returns the unfinished character at the end of the buffer, which is empty if there is none.
fn decode_buffer<'b>(buffer: &'b [u8], each: &mut impl FnMut(&str, usize)) -> &'b [u8] {
    let mut chunks = buffer.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        let (valid, invalid) = (chunk.valid(), chunk.invalid());
        if !valid.is_empty() {
            each(valid, valid.len());
        }
        if chunks.peek().is_none() && is_unfinished(invalid) {
            return invalid;
        }
        if !invalid.is_empty() {
            each(REPLACEMENT, invalid.len());
        }
    }
    &[]
}

/// Adds the next byte to an unfinished character. False if the byte does not belong to it and is still to be read.
fn continue_character(begun: &mut Vec<u8>, next: u8, each: &mut impl FnMut(&str, usize)) -> bool {
    begun.push(next);
    match str::from_utf8(begun) {
        Ok(character) => each(character, character.len()),
        Err(error) if error.error_len().is_none() => return true,
        Err(_) => {
            begun.pop();
            each(REPLACEMENT, begun.len());
            begun.clear();
            return false;
        }
    }
    begun.clear();
    true
}

fn is_unfinished(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read};

    fn decoded(reader: impl BufRead) -> (String, usize, usize) {
        let (mut text, mut bytes, mut replaced) = (String::new(), 0, 0);
        decode(reader, |piece, length| {
            text.push_str(piece);
            bytes += length;
            replaced += usize::from(piece == REPLACEMENT);
        })
        .unwrap();
        (text, bytes, replaced)
    }

    #[test]
    fn agrees_with_the_standard_library_for_every_buffer_size() {
        let inputs: [&[u8]; 10] = [
            b"",
            b"plain",
            "naïve – 日本語 🦀".as_bytes(),
            b"\xff\xfe",
            b"caf\xe9 au lait",
            b"cut \xf0\x9f\xa6",
            b"cut \xf0\x9f\xa6 and on",
            b"\xe2\x82\xe2\x82\xac",
            b"\xf0\x80\x80\x80 \xed\xa0\x80 \xf4\x90",
            b"\xc3\n\x80\xc3\xa9",
        ];
        for input in inputs {
            for size in 1..=8 {
                let (text, bytes, _) = decoded(BufReader::with_capacity(size, input));
                assert_eq!(text, String::from_utf8_lossy(input), "buffer of {size}, {input:?}");
                assert_eq!(bytes, input.len(), "buffer of {size}, {input:?}");
            }
        }
    }

    #[test]
    fn every_invalid_sequence_is_one_piece() {
        assert_eq!(decoded(&b"\xff\xff a \xe2\x82"[..]).2, 3);
    }

    /// Fails first with what a signal causes, then for good.
    struct Unreliable(u8);

    impl Read for Unreliable {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => Err(ErrorKind::Interrupted.into()),
                2 => b"ok".as_slice().read(buffer),
                _ => Err(ErrorKind::TimedOut.into()),
            }
        }
    }

    #[test]
    fn interruptions_are_retried_and_failures_are_returned() {
        let mut text = String::new();
        let error = decode(BufReader::new(Unreliable(0)), |piece, _| text.push_str(piece)).unwrap_err();
        assert_eq!((text.as_str(), error.kind()), ("ok", ErrorKind::TimedOut));
    }
}
