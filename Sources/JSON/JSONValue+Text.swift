extension JSONValue: CustomStringConvertible {
    /// The value as compact JSON. A number that is not finite becomes null.
    public func serialized() -> [UInt8] {
        let output = JSONOutput(reserving: 64)
        output.append(self, indent: nil)
        return output.take()
    }

    /// The value as JSON for people: two spaces a level, a member or element a line.
    public func serializedForPeople() -> [UInt8] {
        let output = JSONOutput(reserving: 256)
        output.append(self, indent: 0)
        return output.take()
    }

    public var description: String { String(decoding: serialized(), as: UTF8.self) }
}

extension JSONOutput {
    /// Appends `value`; with `indent`, the level at which it stands, over several lines.
    func append(_ value: JSONValue, indent: Int?) {
        switch value {
        case .null: appendNull()
        case .bool(let value): append(value)
        case .integer(let value): append(value)
        case .unsigned(let value): append(value)
        case .number(let value): if (try? append(value)) == nil { appendNull() }
        case .string(let value): append(value)
        case .array(let elements):
            bytes.append(ASCII.openBracket)
            for (position, element) in elements.enumerated() {
                if position > 0 { bytes.append(ASCII.comma) }
                breakLine(indent.map { $0 + 1 })
                append(element, indent: indent.map { $0 + 1 })
            }
            if !elements.isEmpty { breakLine(indent) }
            bytes.append(ASCII.closeBracket)
        case .object(let object):
            bytes.append(ASCII.openBrace)
            for (position, member) in object.members.enumerated() {
                if position > 0 { bytes.append(ASCII.comma) }
                breakLine(indent.map { $0 + 1 })
                append(member.key)
                bytes.append(ASCII.colon)
                if indent != nil { bytes.append(ASCII.space) }
                append(member.value, indent: indent.map { $0 + 1 })
            }
            if !object.isEmpty { breakLine(indent) }
            bytes.append(ASCII.closeBrace)
        }
    }

    private func breakLine(_ indent: Int?) {
        guard let indent else { return }
        bytes.append(ASCII.newline)
        bytes.append(contentsOf: repeatElement(ASCII.space, count: 2 * indent))
    }
}
