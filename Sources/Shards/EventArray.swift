/// JSON arrays of events, taken apart and put together without reading the events: a follower must know how many events an
/// entry has, not what they say.
enum EventArray {
    /// The number of elements of a JSON array; nil if it is none.
    static func count(_ bytes: [UInt8]) -> Int? {
        var count = 0
        return forEachElement(of: bytes) { _ in count += 1 } ? count : nil
    }

    /// Calls `body` with the place of each element, in order.
    ///
    /// Only the structure is looked at: brackets, strings and the commas between them. The rest is for whoever reads the
    /// elements.
    /// - Returns: whether `bytes` are an array. If not, `body` may have been called for some of what they have.
    static func forEachElement<Failure: Error>(
        of bytes: [UInt8], _ body: (Range<Int>) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        let last = bytes.count - 1
        guard last >= 1, bytes[0] == UInt8(ascii: "["), bytes[last] == UInt8(ascii: "]") else { return false }
        if last == 1 { return true }
        var start = 1
        while true {
            guard let end = endOfElement(in: bytes, from: start, before: last) else { return false }
            try body(start..<end)
            if end == last { return true }
            start = end + 1
        }
    }

    /// Where the element that begins at `start` ends: at a comma or at `last`; nil if it does not.
    private static func endOfElement(in bytes: [UInt8], from start: Int, before last: Int) -> Int? {
        bytes.withUnsafeBufferPointer { bytes -> Int? in
            var depth = 0
            var isInString = false
            var offset = start
            while offset < last {
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
                    case UInt8(ascii: ",") where depth == 0: return offset
                    default: break
                    }
                }
                offset += 1
            }
            return depth == 0 && !isInString && offset == last ? last : nil
        }
    }

    /// An array of one element.
    static func array(of element: [UInt8]) -> [UInt8] {
        var array: [UInt8] = []
        array.reserveCapacity(element.count + 2)
        array.append(UInt8(ascii: "["))
        array.append(contentsOf: element)
        array.append(UInt8(ascii: "]"))
        return array
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
