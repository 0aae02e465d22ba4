import System

/// One documented key of a recipe, as `fce recipe keys` prints it.
public struct SchemaKey: Sendable, Equatable, Encodable {
    /// The full key, such as `phase.optimizer.rate`.
    public let path: String
    /// What values it takes, such as `number, above 0`.
    public let type: String
    /// The default as TOML, `required`, or one default a kind.
    public let defaultValue: String
    public let summary: String

    public init(path: String, type: String, defaultValue: String, summary: String) {
        (self.path, self.type, self.defaultValue, self.summary) = (path, type, defaultValue, summary)
    }
}

/// One key of a table of kind `Section`: its name, type, range and meaning. Decoding, defaults, validation,
/// the canonical form, help and suggestions all come from these values.
public struct SchemaField<Section: Sendable>: Sendable {
    public let name: String
    public let summary: String
    public let type: String
    /// Reads the node into the section; the error names file, line and key.
    public let decode: @Sendable (TOMLNode, SchemaCursor, inout Section) throws -> Void
    /// The value in the section as TOML, of a table also the keys without a meaning if asked for; nil when it is absent.
    public var encode: @Sendable (Section, Bool) -> TOMLNode?
    /// Documentation of this key, or of the keys of the table it holds. Arguments: the path of the key, and
    /// example sections by name, whose values are the defaults.
    public var keys: @Sendable (String, [(name: String, section: Section)]) -> [SchemaKey] = { _, _ in [] }
    /// Nil where the key has a meaning, or what it would need.
    public var obstacle: @Sendable (Section) -> String? = { _ in nil }
    public var isRequired = false

    public init(
        name: String, summary: String, type: String,
        decode: @escaping @Sendable (TOMLNode, SchemaCursor, inout Section) throws -> Void,
        encode: @escaping @Sendable (Section, Bool) -> TOMLNode?
    ) {
        self.name = name
        self.summary = summary
        self.type = type
        self.decode = decode
        self.encode = encode
    }
}

extension SchemaField {
    public typealias Path<Value> = any (WritableKeyPath<Section, Value> & Sendable)

    /// A key with a plain value. `read` returns nil for what it does not take.
    public static func value<Value>(
        _ name: String, _ path: Path<Value>, _ type: String, _ summary: String,
        advice: @escaping @Sendable (TOMLNode) -> String? = { _ in nil },
        read: @escaping @Sendable (TOMLNode) -> Value?, write: @escaping @Sendable (Value) -> TOMLNode?
    ) -> Self {
        var field = SchemaField(
            name: name, summary: summary, type: type,
            decode: { node, cursor, section in
                guard let value = read(node) else {
                    throw cursor.error(
                        "`\(cursor.key)` takes \(type), not \(node.described)", advice: advice(node))
                }
                section[keyPath: path] = value
            },
            encode: { section, _ in write(section[keyPath: path]) })
        field.keys = { [field] path, examples in [field.documentation(path, examples)] }
        return field
    }

    /// A key that takes one of the words of an enumeration.
    public static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ path: Path<Value>, _ summary: String
    ) -> Self where Value.RawValue == String {
        word(
            name, path, among: Value.allCases.map(\.rawValue), summary, read: { Value(rawValue: $0) },
            write: \.rawValue)
    }

    /// A key that takes one of `words`.
    public static func word<Value: Sendable>(
        _ name: String, _ path: Path<Value>, among words: [String], _ summary: String,
        read: @escaping @Sendable (String) -> Value?, write: @escaping @Sendable (Value) -> String
    ) -> Self {
        value(
            name, path, "one of " + words.joined(separator: ", "), summary,
            advice: { node in
                guard case .string(let word) = node else { return nil }
                return NearestKey.nearest(to: word, among: words).map { "did you mean \"\($0)\"?" }
            },
            read: { node in
                guard case .string(let word) = node else { return nil }
                return read(word)
            },
            write: { .string(write($0)) })
    }

    /// A choice that decides the defaults of the keys after it: choosing starts the section anew.
    public static func variant<Value: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ path: Path<Value>, _ summary: String,
        defaults: @escaping @Sendable (Value) -> Section
    ) -> Self where Value.RawValue == String {
        let plain = choice(name, path, summary)
        var field = SchemaField(
            name: name, summary: summary, type: plain.type,
            decode: { node, cursor, section in
                try plain.decode(node, cursor, &section)
                section = defaults(section[keyPath: path])
            },
            encode: plain.encode)
        field.keys = { path, examples in plain.keys(path, Array(examples.prefix(1))) }
        return field
    }

    public static func integer(_ name: String, _ path: Path<Int>, _ range: Bounds<Int>, _ summary: String)
        -> Self
    {
        value(
            name, path, "an integer, \(range)", summary,
            read: { node in
                guard case .integer(let integer) = node, range.contains(integer) else { return nil }
                return integer
            },
            write: { .integer($0) })
    }

    public static func number(
        _ name: String, _ path: Path<Double>, _ range: Bounds<Double>, _ summary: String
    )
        -> Self
    {
        value(
            name, path, "a number, \(range)", summary, read: { $0.number(in: range) }, write: { .number($0) })
    }

    public static func numbers(
        _ name: String, _ path: Path<[Double]>, _ range: Bounds<Double>, _ summary: String
    ) -> Self {
        list(
            name, path, "an array of numbers, each \(range)", summary, read: { $0.number(in: range) },
            write: { .number($0) })
    }

    public static func flag(_ name: String, _ path: Path<Bool>, _ summary: String) -> Self {
        value(
            name, path, "true or false", summary,
            read: { node in
                guard case .boolean(let flag) = node else { return nil }
                return flag
            },
            write: { .boolean($0) })
    }

    /// Names and paths. What steers a terminal is refused: recipes come from strangers too.
    public static func text(_ name: String, _ path: Path<String>, _ summary: String) -> Self {
        value(
            name, path, "a string", summary,
            advice: { node in
                guard case .string = node else { return nil }
                return "leave out control characters; in the name of a file write them as in \\x1B"
            },
            read: { node in
                guard case .string(let text) = node, PathText.printable(text) == text else { return nil }
                return text
            },
            write: { .string($0) })
    }

    /// An array of strings, of integers, and so on: `read` takes one element.
    public static func list<Value: Sendable>(
        _ name: String, _ path: Path<[Value]>, _ type: String, _ summary: String,
        read: @escaping @Sendable (TOMLNode) -> Value?, write: @escaping @Sendable (Value) -> TOMLNode
    ) -> Self {
        value(
            name, path, type, summary,
            read: { node in
                guard case .array(let nodes) = node else { return nil }
                let values = nodes.compactMap(read)
                return values.count == nodes.count ? values : nil
            },
            write: { .array($0.map(write)) })
    }

    public func required() -> Self {
        var copy = self
        copy.isRequired = true
        let type = type
        let summary = summary
        copy.keys = { path, _ in
            [SchemaKey(path: path, type: type, defaultValue: "required", summary: summary)]
        }
        return copy
    }

    /// Leaves the key out of resolved recipes where it has its default: they read as before the key existed.
    public func unwritten(where value: TOMLNode) -> Self {
        var copy = self
        let encode = encode
        copy.encode = { section, whole in
            let node = encode(section, whole)
            return node == value && !whole ? nil : node
        }
        return copy
    }

    /// Limits the key to sections in which `path` has one of `values`; elsewhere it would be ignored silently,
    /// so there it is an error.
    public func when<Value: RawRepresentable & Equatable & Sendable>(
        _ path: Path<Value>, _ name: String, _ values: Value...
    ) -> Self where Value.RawValue == String {
        when(path, name, anyOf: values)
    }

    public func when<Value: RawRepresentable & Equatable & Sendable>(
        _ path: Path<Value>, _ name: String, anyOf values: [Value]
    ) -> Self where Value.RawValue == String {
        var copy = self
        let words = values.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
        copy.obstacle = { section in
            values.contains(section[keyPath: path]) ? nil : "it goes with \(name) = \(words)"
        }
        let keys = keys
        copy.keys = { key, examples in
            let fitting = examples.filter { values.contains($0.section[keyPath: path]) }
            return keys(key, fitting.isEmpty ? examples : fitting)
        }
        return copy
    }

    /// Leaves the key out of the canonical form where it has its default: a key that came later changes nothing in the
    /// recipes from before it.
    public func later<Value: Equatable & Sendable>(_ path: Path<Value>, default absent: Value) -> Self {
        var copy = self
        let encode = encode
        copy.encode = { section, isWhole in
            section[keyPath: path] == absent && !isWhole ? nil : encode(section, isWhole)
        }
        return copy
    }

    private func documentation(_ path: String, _ examples: [(name: String, section: Section)]) -> SchemaKey {
        var literals: [String] = []
        var names: [String: [String]] = [:]
        for (name, section) in examples {
            let literal = encode(section, false)?.literal ?? "none"
            if names[literal] == nil { literals.append(literal) }
            names[literal, default: []].append(name)
        }
        let text =
            literals.count == 1
            ? literals[0]
            : literals.map { "\($0) (\(names[$0, default: []].joined(separator: ", ")))" }.joined(
                separator: ", ")
        return SchemaKey(path: path, type: type, defaultValue: text, summary: summary)
    }
}

/// The values a numeric key takes.
public enum Bounds<Number: Comparable & Sendable>: Sendable, CustomStringConvertible {
    case atLeast(Number)
    case above(Number)
    case between(Number, Number)
    /// Numbers from the first up to, but not including, the second.
    case halfOpen(Number, Number)

    public func contains(_ number: Number) -> Bool {
        switch self {
        case .atLeast(let low): number >= low
        case .above(let low): number > low
        case .between(let low, let high): number >= low && number <= high
        case .halfOpen(let low, let high): number >= low && number < high
        }
    }

    public var description: String {
        switch self {
        case .atLeast(let low): "at least \(low)"
        case .above(let low): "above \(low)"
        case .between(let low, let high): "\(low) to \(high)"
        case .halfOpen(let low, let high): "at least \(low) and below \(high)"
        }
    }
}

extension TOMLNode {
    /// The node as a finite number within `range`; integers are numbers too.
    public func number(in range: Bounds<Double>) -> Double? {
        switch self {
        case .number(let number) where number.isFinite && range.contains(number): number
        case .integer(let integer) where range.contains(Double(integer)): Double(integer)
        default: nil
        }
    }
}
