extension JSONOutput {
    /// Puts the members written since the sorting began into the order of their bytes, and ends it.
    func sortMembers() {
        let base = Int(frames[top].sortedFrom)
        frames[top].sortedFrom = -1
        let stride = frames[top].kind == .array && frames[top].type is any PairEncoded.Type ? 2 : 1
        let starts = memberStarts[base...]
        var members: [Member] = []
        members.reserveCapacity(starts.count / stride)
        for index in Swift.stride(from: starts.startIndex, to: starts.endIndex, by: stride) {
            // All but the last end before a comma.
            let next = index + stride
            let whole = starts[index]..<(next < starts.endIndex ? starts[next] - 1 : bytes.count)
            members.append(member(whole))
        }
        memberStarts.removeLast(memberStarts.count - base)
        guard let start = members.first?.whole.lowerBound, members.count > 1 else { return }
        members.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            return bytes[left.key].lexicographicallyPrecedes(bytes[right.key])
        }
        if frames[top].kind == .object { checkSorted(members.map(\.key)) }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count - start)
        for member in members {
            if !text.isEmpty { text.append(ASCII.comma) }
            text.append(contentsOf: bytes[member.whole])
        }
        bytes.replaceSubrange(start..., with: text)
    }

    private func checkSorted(_ keys: [Range<Int>]) {
        for (left, right) in zip(keys, keys.dropFirst()) where bytes[left] == bytes[right] && failure == nil {
            let key = PathKey.shown(String(decoding: bytes[left], as: UTF8.self))
            failure = JSONError(
                .duplicateKey, "two keys of a dictionary are both written `\(key)`",
                path: PathKey.text(path(to: frames[top].start)))
        }
    }

    private struct Member {
        /// The key's first eight bytes as a number: mostly enough to tell which of two is first.
        var prefix: UInt64
        var key: Range<Int>
        var whole: Range<Int>
    }

    /// A string is sorted by its text without the quotes, as the quote is above the space in a longer one.
    private func member(_ whole: Range<Int>) -> Member {
        var key = whole
        if bytes[whole.lowerBound] == ASCII.quote {
            var end = whole.lowerBound + 1
            while bytes[end] != ASCII.quote { end += bytes[end] == ASCII.backslash ? 2 : 1 }
            key = whole.lowerBound + 1..<end
        }
        var prefix: UInt64 = 0
        for position in key.lowerBound..<key.lowerBound + 8 {
            prefix = prefix << 8 | (position < key.upperBound ? UInt64(bytes[position]) : 0)
        }
        return Member(prefix: prefix, key: key, whole: whole)
    }

    /// Begins to sort what the innermost frame gets from here on.
    func beginSorting() { frames[top].sortedFrom = Int32(memberStarts.count) }
}

/// A collection whose order differs from process to process, and that encodes itself as an array.
protocol Unordered {}
extension Set: Unordered {}
extension Dictionary: Unordered {}

/// Its keys and values alternate in the array.
protocol PairEncoded {}
extension Dictionary: PairEncoded {}

/// The key type, internal to the standard library, by which a `Dictionary` encodes itself as an object. It is how such an
/// object is told from a type's own, without a dynamic cast for every value.
let dictionaryKeyType: ObjectIdentifier? = {
    let probe = KeyTypeProbe()
    try? ["": 0].encode(to: probe)
    return probe.found
}()

/// An encoder that writes nothing and remembers the type of the keys.
private final class KeyTypeProbe: Encoder {
    var found: ObjectIdentifier?
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        found = ObjectIdentifier(Key.self)
        // Not by `ValueEncoder.container`: that asks for the very constant that is being found.
        let output = JSONOutput(reserving: 0)
        return KeyedEncodingContainer(ObjectWriter<Key>(output: output, place: output.push(.object), isSorted: false))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { other.unkeyedContainer() }
    func singleValueContainer() -> any SingleValueEncodingContainer { other }

    private var other: ValueEncoder {
        let output = JSONOutput(reserving: 0)
        return ValueEncoder(output: output, place: output.push(.undecided))
    }
}
