extension JSONOutput {
    /// The steps from the root to what is being written. Read back from the text: no path is kept while all goes well.
    func path() -> [PathKey] { path(to: bytes.count) }

    func pathText() -> String { PathKey.text(path()) }

    /// The steps from the root to the frame of `place`.
    func path(of place: Place) -> [PathKey] { path(to: frames[Int(place.frame)].start) }

    /// The steps from the root to what starts at `end`.
    func path(to end: Int) -> [PathKey] {
        var text = bytes[..<min(end, bytes.count)]
        if let detachment, end >= detachment.start {
            text = bytes[..<frames[Int(detachment.frame)].end] + bytes[detachment.start..<end]
        }
        var walk = OpenPath()
        for byte in text { walk.step(byte) }
        return walk.keys
    }
}

/// The open arrays and objects at the end of a text that is JSON up to there.
private struct OpenPath {
    private enum Step {
        case element(Int)
        case member([UInt8]?)
    }

    private var steps: [Step] = []
    private var string: [UInt8]?
    private var isEscaped = false

    mutating func step(_ byte: UInt8) {
        if string != nil {
            if byte == ASCII.quote, !isEscaped {
                end(string: string ?? [])
                string = nil
            } else {
                isEscaped = byte == ASCII.backslash && !isEscaped
                string?.append(byte)
            }
            return
        }
        switch byte {
        case ASCII.quote: string = []
        case ASCII.openBrace: steps.append(.member(nil))
        case ASCII.openBracket: steps.append(.element(0))
        case ASCII.closeBrace, ASCII.closeBracket: steps.removeLast()
        case ASCII.comma:
            switch steps.last {
            case .element(let index): steps[steps.count - 1] = .element(index + 1)
            case .member: steps[steps.count - 1] = .member(nil)
            case nil: break
            }
        default: break
        }
    }

    private mutating func end(string: [UInt8]) {
        if case .member(nil) = steps.last { steps[steps.count - 1] = .member(string) }
    }

    var keys: [PathKey] {
        steps.compactMap { step in
            switch step {
            case .element(let index): PathKey(intValue: index)
            case .member(let key):
                key.map { PathKey(stringValue: String(decoding: unescaped($0, 0..<$0.count), as: UTF8.self)) }
            }
        }
    }
}
