/// JSON arrays of events, looked at without decoding them: a follower must know how many events an entry has, not what they say.
enum EventArray {
    /// The number of elements of a JSON array; nil if it does not begin and end as one.
    ///
    /// The bytes were written by `JSON.encode` on the leader; this counts, it does not validate.
    static func count(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { bytes -> Int? in
            guard bytes.count >= 2, bytes[0] == UInt8(ascii: "["), bytes[bytes.count - 1] == UInt8(ascii: "]") else {
                return nil
            }
            if bytes.count == 2 { return 0 }
            var separators = 0
            var depth = 0
            var isInString = false
            var offset = 1
            while offset < bytes.count - 1 {
                let byte = bytes[offset]
                if isInString {
                    if byte == UInt8(ascii: "\\") {
                        offset += 1
                    } else if byte == UInt8(ascii: "\"") {
                        isInString = false
                    }
                } else {
                    switch byte {
                    case UInt8(ascii: "\""): isInString = true
                    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                    case UInt8(ascii: ",") where depth == 0: separators += 1
                    default: break
                    }
                }
                offset += 1
            }
            return depth == 0 && !isInString ? separators + 1 : nil
        }
    }

    /// One array with the elements of all `arrays`, in order.
    static func joined(_ arrays: some Sequence<[UInt8]>) -> [UInt8] {
        var result: [UInt8] = [UInt8(ascii: "[")]
        for array in arrays where array.count > 2 {
            if result.count > 1 { result.append(UInt8(ascii: ",")) }
            result.append(contentsOf: array[1..<array.count - 1])
        }
        result.append(UInt8(ascii: "]"))
        return result
    }
}
