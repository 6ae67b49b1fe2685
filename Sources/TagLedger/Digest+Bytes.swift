import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Digest {
    /// The digest as the ledger stores it: 32 bytes are SHA-256, 64 bytes are SHA-512, and no other length occurs.
    var bytes: Data { Data(rawBytes) }

    /// Takes what `bytes` gave; `nil` for a length that no algorithm has.
    init?(bytes: Data) {
        guard let digest = bytes.withUnsafeBytes({ Digest(bytes: $0) }) else { return nil }
        self = digest
    }
}

extension Data {
    /// The bytes in lower-case hexadecimal.
    var hex: String {
        String(unsafeUninitializedCapacity: count * 2) { buffer in
            func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
            return withUnsafeBytes { bytes in
                for index in 0..<bytes.count {
                    buffer[index * 2] = digit(bytes[index] >> 4)
                    buffer[index * 2 + 1] = digit(bytes[index] & 0xF)
                }
                return bytes.count * 2
            }
        }
    }
}
