/// Whether `bytes` are well-formed UTF-8.
public func isUTF8(_ bytes: [UInt8]) -> Bool {
    // What is ASCII, as nearly everything is, needs no decoder.
    let highBits = bytes.withUnsafeBufferPointer { $0.reduce(0) { $0 | $1 } }
    return highBits < 0x80 || String(validating: bytes, as: UTF8.self) != nil
}
