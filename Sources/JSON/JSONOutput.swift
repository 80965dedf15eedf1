/// The text of one value as it grows: every container of an encoding appends to this one buffer.
///
/// `Codable` lets a type hold several nested containers and write to them in turn. What is written last goes to the end of
/// the buffer only if its container is the innermost open one; for the others see `JSONOutput+Detachment`.
final class JSONOutput {
    /// One value on its way: an array or object, or a value whose type has not yet said what it will be.
    struct Frame {
        enum Kind: UInt8 { case undecided, scalar, array, object }

        var kind: Kind
        /// False once its closing byte, which is then at `end`, has been written.
        var isOpen = true
        /// Arrays and objects that it stands in, with itself.
        var depth: Int32
        var parent: Int32
        /// Tells a frame from an earlier one at the same index, which a container may have outlived.
        var serial: UInt32
        /// Where its text starts.
        var start: Int
        var end = 0
        /// Where in `memberStarts` the members that are to be sorted begin; negative when none are.
        var sortedFrom: Int32 = -1
        /// What encodes itself here.
        var type: (any Any.Type)?
    }

    // Unchecked: an output belongs to one call of `JSON.encode`, and no method calls out while it holds one of these. The
    // check at run time is a third of the time that a small value takes.
    @exclusivity(unchecked) var bytes: [UInt8]
    @exclusivity(unchecked) var frames: [Frame] = []
    /// The innermost open frame; -1 before the first.
    @exclusivity(unchecked) var top = -1
    @exclusivity(unchecked) var memberStarts: [Int] = []
    @exclusivity(unchecked) var detachment: Detachment?
    /// Set by a call that cannot throw; the next one that can does.
    @exclusivity(unchecked) var failure: JSONError?
    @exclusivity(unchecked) private var serial: UInt32 = 0
    @exclusivity(unchecked) private var calls = 0

    /// Calls of `encode(to:)` within one another: stops a type that encodes itself without end.
    private static let callsMax = 4 * JSON.depthMax

    init(reserving capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
        frames.reserveCapacity(4)
    }

    func take() -> [UInt8] {
        let taken = bytes
        bytes = []
        return taken
    }

    /// Where a container writes: a frame's index and serial.
    struct Place {
        var frame: Int32
        var serial: UInt32
    }

    /// Opens a frame at the end of the buffer, within the innermost open one.
    func push(_ kind: Frame.Kind, type: (any Any.Type)? = nil) -> Place {
        serial &+= 1
        let depth = top < 0 ? 0 : frames[top].depth
        frames.append(
            Frame(kind: .undecided, depth: depth, parent: Int32(top), serial: serial, start: bytes.count, type: type))
        top = frames.count - 1
        if kind != .undecided { open(kind) }
        return Place(frame: Int32(top), serial: serial)
    }

    /// Makes the innermost frame, undecided so far, an array or object.
    private func open(_ kind: Frame.Kind) {
        frames[top].kind = kind
        frames[top].depth += 1
        if frames[top].depth > JSON.depthMax, failure == nil { failure = tooDeep() }
        bytes.append(kind == .array ? ASCII.openBracket : ASCII.openBrace)
    }

    func tooDeep() -> JSONError {
        JSONError(.tooDeep, "more than \(JSON.depthMax) arrays and objects stand within one another", path: pathText())
    }

    /// Closes the innermost frame.
    func closeTop() {
        let index = top
        if frames[index].kind == .undecided {
            // A type without stored properties writes nothing; it is an object without members.
            bytes.append(ASCII.openBrace)
            bytes.append(ASCII.closeBrace)
        } else if frames[index].kind != .scalar {
            if frames[index].sortedFrom >= 0 { sortMembers() }
            frames[index].end = bytes.count
            bytes.append(frames[index].kind == .array ? ASCII.closeBracket : ASCII.closeBrace)
        }
        frames[index].isOpen = false
        top = Int(frames[index].parent)
    }

    /// Makes `place` the frame that the next byte belongs to.
    @inline(__always)
    func enter(_ place: Place) {
        let index = Int(place.frame)
        precondition(
            index < frames.count && frames[index].serial == place.serial,
            "a container is used after the encode(to:) that asked for it has returned")
        if top != index { reach(index) }
    }

    private func reach(_ index: Int) {
        if !frames[index].isOpen || detachment != nil { return detach(index) }
        while top != index { closeTop() }
    }

    /// A container for the value of `place`, which may have one already: a superclass and its subclass share theirs.
    func begin(_ kind: Frame.Kind, at place: Place) {
        enter(place)
        if frames[top].sortedFrom >= 0 { sortMembers() }
        if frames[top].kind == .undecided { return open(kind) }
        precondition(
            frames[top].kind == kind,
            "one encode(to:) asked for a container of \(kind) after one of \(frames[top].kind)")
    }

    /// Before a scalar that is the whole value of `place`.
    func beginScalar(at place: Place) {
        enter(place)
        precondition(frames[top].kind == .undecided, "one encode(to:) writes a second value into one place")
        frames[top].kind = .scalar
    }

    /// Before a member's value: comma, key, colon.
    @inline(__always)
    func beginMember(_ key: String, at place: Place, isSorted: Bool) {
        enter(place)
        separate()
        if isSorted { memberStarts.append(bytes.count) }
        append(key)
        bytes.append(ASCII.colon)
    }

    /// Before an element.
    @inline(__always)
    func beginElement(at place: Place, isSorted: Bool) {
        enter(place)
        separate()
        if isSorted { memberStarts.append(bytes.count) }
    }

    /// Only an opening byte, or a comma that a detachment has set, can end the buffer where no comma is due: a string
    /// ends with a quote.
    @inline(__always)
    private func separate() {
        let last = bytes[bytes.count - 1]
        if last != ASCII.openBrace, last != ASCII.openBracket, last != ASCII.comma { bytes.append(ASCII.comma) }
    }

    /// Everything that a failed `encode` may have changed, so that one who catches its error finds nothing of it.
    struct Mark {
        var bytes: Int
        var frames: Int
        var memberStarts: Int
        var top: Int
        var detachment: Detachment?
    }

    var mark: Mark {
        Mark(
            bytes: bytes.count, frames: frames.count, memberStarts: memberStarts.count, top: top,
            detachment: detachment)
    }

    func rollBack(to mark: Mark) {
        bytes.removeLast(bytes.count - mark.bytes)
        frames.removeLast(frames.count - mark.frames)
        memberStarts.removeLast(memberStarts.count - mark.memberStarts)
        top = mark.top
        detachment = mark.detachment
    }

    /// Encodes `value` at the end of the buffer with the type's own `encode(to:)`, but for those with a shorter way.
    func encode<Value: Encodable>(_ value: Value) throws {
        if ObjectIdentifier(Value.self) == byteArrayType, let value = value as? [UInt8] { return append(value) }
        if Value.self == JSONText.self, let value = value as? JSONText { return try append(value) }
        if let failure { throw failure }
        guard calls < Self.callsMax else { throw tooDeep() }
        calls += 1
        defer { calls -= 1 }
        let outer = top
        let before = frames.count
        let outerDetachment = detachment
        detachment = nil
        let place = push(.undecided, type: Value.self)
        try value.encode(to: ValueEncoder(output: self, place: place))
        if detachment != nil { reattach() }
        while top != outer { closeTop() }
        while frames.count > before { frames.removeLast() }
        detachment = outerDetachment
        if let failure { throw failure }
    }
}
