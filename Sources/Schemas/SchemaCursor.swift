import System

/// Where every key of a recipe came from: `file:line`, or the `--set` that gave it.
public struct SchemaOrigins: Sendable {
    /// The recipe as the user named it: the place of whatever has no line of its own.
    public let file: String
    private var places: [[String]: String] = [:]

    public init(file: String) { self.file = file }

    public init(file: String, lines: [[String]: Int]) {
        self.file = file
        places = lines.mapValues { "\(file):\($0)" }
    }

    /// The place of `path`, or of the nearest table around it.
    public func place(of path: [String]) -> String {
        var path = path[...]
        while !path.isEmpty {
            if let place = places[Array(path)] { return place }
            path.removeLast()
        }
        return file
    }

    /// Takes over what `other` says of `path` and below; what was known of it goes.
    public mutating func replace(_ path: [String], with other: SchemaOrigins) {
        places = places.filter { !$0.key.starts(with: path) }
        places.merge(other.places.filter { $0.key.starts(with: path) }) { $1 }
    }

    public mutating func set(_ path: [String], to place: String) {
        places = places.filter { !$0.key.starts(with: path) }
        places[path] = place
    }
}

/// A position in a recipe while it is decoded, for errors that name file, line and key.
public struct SchemaCursor: Sendable {
    public let origins: SchemaOrigins
    private(set) var path: [String] = []
    /// The full keys of the whole file, among which a misplaced key may belong.
    public let knownKeys: @Sendable () -> [String]

    public init(_ origins: SchemaOrigins, knownKeys: @escaping @Sendable () -> [String] = { [] }) {
        self.origins = origins
        self.knownKeys = knownKeys
    }

    public func entering(_ component: String) -> SchemaCursor {
        var copy = self
        copy.path.append(component)
        return copy
    }

    public func element(_ index: Int) -> SchemaCursor { entering(String(index)) }

    public var place: String { origins.place(of: path) }

    /// The key as `--set` takes it; elements of `[[phase]]` count from 1.
    public var key: String {
        path.map { component in Int(component).map { String($0 + 1) } ?? component }.joined(separator: ".")
    }

    public func error(_ what: String, advice: String? = nil) -> UserError {
        UserError(.recipe, what, at: place, advice: advice)
    }
}

/// Throws `UserError(.recipe)` at the key of `cursor` unless the condition holds.
public func require(
    _ condition: Bool, _ cursor: SchemaCursor, _ what: String, advice: String? = nil
) throws {
    if !condition { throw cursor.error(what, advice: advice) }
}
