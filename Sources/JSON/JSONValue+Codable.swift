extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = try decoder.document.value(at: decoder.index)
        } else {
            try self.init(fromOther: decoder)
        }
    }

    /// Reads from a decoder that has to be asked for one type after another.
    private init(fromOther decoder: any Decoder) throws {
        if (try? decoder.container(keyedBy: PathKey.self)) != nil {
            self = .object(try JSONObject(from: decoder))
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSONValue] = []
            while !container.isAtEnd { elements.append(try container.decode(JSONValue.self)) }
            self = .array(elements)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .bool(value)
            } else if let value = try? container.decode(Int64.self) {
                self = .integer(value)
            } else if let value = try? container.decode(UInt64.self) {
                self = .unsigned(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else {
                self = .string(try container.decode(String.self))
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object): try object.encode(to: encoder)
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .unsigned(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            case .string(let value): try container.encode(value)
            default: try container.encodeNil()
            }
        }
    }
}

extension Document {
    /// The value at `index`, whatever it is.
    func value(at index: Int) throws -> JSONValue {
        let token = tokens[index]
        switch token.kind {
        case .null: return .null
        case .isTrue: return .bool(true)
        case .isFalse: return .bool(false)
        case .fraction: return .number(try double(at: index))
        case .string, .escapedString: return .string(text(at: index))
        case .integer:
            if let value = try? integer(Int64.self, at: index) { return .integer(value) }
            return .unsigned(try integer(UInt64.self, at: index))
        case .array:
            var elements: [JSONValue] = []
            elements.reserveCapacity(Int(token.extra))
            var element = index + 1
            while element < Int(token.next) {
                elements.append(try value(at: element))
                element = Int(tokens[element].next)
            }
            return .array(elements)
        case .object:
            var members: [JSONObject.Member] = []
            var key = index + 1
            while key < Int(token.next) {
                members.append(JSONObject.Member(key: text(at: key), value: try value(at: key + 1)))
                key = Int(tokens[key + 1].next)
            }
            return .object(JSONObject(distinct: members))
        }
    }
}
