extension Document {
    /// The steps from the root to the token at `index`. Worked out when asked: the index knows what lies within what.
    func path(to index: Int) -> [PathKey] {
        var path: [PathKey] = []
        var container = 0
        while container < index {
            var child = container + 1
            var element = 0
            let isObject = tokens[container].kind == .object
            while true {
                let value = isObject ? child + 1 : child
                // A key is at the place of its value.
                if index < Int(tokens[value].next) {
                    path.append(isObject ? PathKey(stringValue: text(at: child)) : PathKey(intValue: element))
                    container = index == child ? index : value
                    break
                }
                child = Int(tokens[value].next)
                element += 1
            }
        }
        return path
    }

    /// The token at the end of `path`, or as far along it as the document goes.
    private func token(at path: [any CodingKey]) -> Int {
        var index = 0
        for key in path {
            switch tokens[index].kind {
            case .object:
                guard let value = member(key.stringValue, of: index) else { return index }
                index = value
            case .array:
                guard let wanted = key.intValue, (0..<Int(tokens[index].extra)).contains(wanted) else { return index }
                index += 1
                for _ in 0..<wanted { index = Int(tokens[index].next) }
            default: return index
            }
        }
        return index
    }

    func mismatch(_ type: any Any.Type, _ expected: String, at index: Int) -> DecodingError {
        let error = error(.typeMismatch, "expected \(expected), found \(tokens[index].name)", at: index)
        return isNull(at: index)
            ? .valueNotFound(type, context(error, index)) : .typeMismatch(type, context(error, index))
    }

    func outOfRange(_ type: any Any.Type, at index: Int) -> DecodingError {
        let number = PathKey.shown(String(decoding: bytes[tokens[index].range], as: UTF8.self))
        return .dataCorrupted(
            context(error(.outOfRange, "\(number) does not fit \(range(of: type))", at: index), index))
    }

    func missing(_ key: some CodingKey, of object: Int) -> DecodingError {
        let error = JSONError(
            .missing, "is missing", path: PathKey.text(path(to: object) + [PathKey(stringValue: key.stringValue)]),
            offset: Int(tokens[object].offset))
        return .keyNotFound(key, context(error, object))
    }

    /// Notes a failure if two of an object's keys, which are different texts, are the same `String`: as a `Dictionary` they
    /// would be one, and one of the values would be lost.
    func checkDictionaryKeys(of object: Int) {
        var seen: Set<String> = []
        var key = object + 1
        while key < Int(tokens[object].next) {
            let token = tokens[key]
            if token.kind == .escapedString || bytes[token.range].contains(where: { $0 >= 0x80 }) {
                let text = text(at: key)
                if !seen.insert(text).inserted {
                    let reason = "two keys of a dictionary are both `\(PathKey.shown(text))`, in different code points"
                    failure = error(.duplicateKey, reason, at: key)
                    return
                }
            }
            key = Int(tokens[key + 1].next)
        }
    }

    func missing(_ type: any Any.Type, element: Int, of array: Int) -> DecodingError {
        let error = error(.missing, "has no element \(element)", at: array)
        return .valueNotFound(type, context(error, array))
    }

    private func range(of type: any Any.Type) -> String {
        func range<Value: FixedWidthInteger>(_ type: Value.Type) -> String { "\(Value.min)…\(Value.max)" }
        if let type = type as? any FixedWidthInteger.Type { return range(type) }
        return "a \(type)"
    }

    private func error(_ code: JSONError.Code, _ reason: String, at index: Int) -> JSONError {
        JSONError(code, reason, path: PathKey.text(path(to: index)), offset: span(of: index).lowerBound)
    }

    private func context(_ error: JSONError, _ index: Int) -> DecodingError.Context {
        DecodingError.Context(codingPath: path(to: index), debugDescription: error.reason, underlyingError: error)
    }

    /// What `init(from:)` threw, as one of ours: our own come in the standard library's wrapping, as types may catch that.
    func jsonError(for error: any Error) -> JSONError {
        let context: DecodingError.Context
        let code: JSONError.Code
        switch error {
        case let error as JSONError: return error
        case DecodingError.typeMismatch(let type, let inner):
            (code, context) = (.typeMismatch, inner)
            if inner.debugDescription.hasPrefix("Invalid number of keys"),
                let known = unknownCase(of: type, at: inner.codingPath)
            {
                return known
            }
        case DecodingError.valueNotFound(_, let inner): (code, context) = (.missing, inner)
        case DecodingError.keyNotFound(_, let inner): (code, context) = (.missing, inner)
        case DecodingError.dataCorrupted(let inner): (code, context) = (.invalidValue, inner)
        default:
            var known = self.error(.invalidValue, "\(error)", at: failedAt)
            known.cause = error
            return known
        }
        if let cause = context.underlyingError as? JSONError { return cause }
        let index = token(at: context.codingPath)
        return JSONError(
            code, context.debugDescription, path: PathKey.text(context.codingPath), offset: span(of: index).lowerBound,
            cause: error)
    }

    /// What the compiler's coding of an enumeration calls "Invalid number of keys found": a case that this program does not
    /// know, or more than one.
    private func unknownCase(of type: any Any.Type, at path: [any CodingKey]) -> JSONError? {
        let object = token(at: path)
        guard tokens[object].kind == .object else { return nil }
        return notOneCase(at: object, of: "\(type)")
    }

    /// - Parameter type: of the enumeration, if it is known.
    func notOneCase(at object: Int, of type: String? = nil) -> JSONError {
        var keys: [String] = []
        var key = object + 1
        while key < Int(tokens[object].next), keys.count < 3 {
            keys.append("`\(PathKey.shown(text(at: key)))`")
            key = Int(tokens[key + 1].next)
        }
        let found = keys.isEmpty ? "none" : keys.joined(separator: ", ")
        return error(.invalidValue, "expected one key that names a case\(type.map { " of \($0)" } ?? ""), found \(found)", at: object)
    }
}
