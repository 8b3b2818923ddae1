"""Checks the ad-hoc signature of each arm64 part of a Mach-O file, from Apple's headers and no code of ours.

mach-o/loader.h, mach-o/fat.h, osfmk/kern/cs_blobs.h. Fails if a page does not have its digest, or if no part is signed.
"""

import hashlib
import struct
import sys

NAMES = {0x01000007: "x86_64", 0x0100000C: "aarch64"}


def parts(data):
    if data[:4] != b"\xca\xfe\xba\xbe":
        return [data]
    (count,) = struct.unpack_from(">I", data, 4)
    entries = [struct.unpack_from(">5I", data, 8 + 20 * number) for number in range(count)]
    assert all(offset % (1 << align) == 0 for _, _, offset, _, align in entries), "a part is not aligned"
    return [data[offset : offset + size] for _, _, offset, size, _ in entries]


def signature(part):
    """Where the signature is, from LC_CODE_SIGNATURE."""
    magic, _, _, _, count, _, _, _ = struct.unpack_from("<8I", part)
    assert magic == 0xFEEDFACF, "not Mach-O of 64 bits"
    at = 32
    for _ in range(count):
        command, size, offset, length = struct.unpack_from("<4I", part, at)
        if command == 0x1D:
            return offset, length
        at += size
    return None


def check(part, start, size):
    blob = part[start : start + size]
    magic, _, count = struct.unpack_from(">3I", blob)
    assert magic == 0xFADE0CC0, "no embedded signature"
    index = dict(struct.unpack_from(">2I", blob, 12 + 8 * number) for number in range(count))
    directory = blob[index[0] :]
    fields = struct.unpack_from(">9I4B", directory)
    magic, _, _, flags, hashes, _, _, pages, limit, hash_size, hash_type, _, page = fields
    assert magic == 0xFADE0C02 and hash_type == 2 and hash_size == 32, "no code directory with SHA-256"
    assert flags & 2, "not ad hoc"
    assert limit == start, "it does not sign all that is before it"
    step = 1 << page
    assert pages == (limit + step - 1) // step, "not one digest a page"
    for number in range(pages):
        digest = hashlib.sha256(part[number * step : min(limit, (number + 1) * step)]).digest()
        assert directory[hashes + 32 * number :][:32] == digest, f"page {number} is not what was signed"
    return pages


signed = 0
with open(sys.argv[1], "rb") as file:
    content = file.read()
for part in parts(content):
    name = NAMES[struct.unpack_from("<I", part, 4)[0]]
    place = signature(part)
    if place:
        print(f"{name}: signed, {check(part, *place)} pages")
        signed += 1
assert signed, "nothing is signed"
