import System

/// Where every key of a recipe came from: `file:line`, or the `--set` that gave it.
struct RecipeOrigins: Sendable {
    /// The recipe as the user named it: the place of whatever has no line of its own.
    let file: String
    private var places: [[String]: String] = [:]

    init(file: String) { self.file = file }

    init(file: String, lines: [[String]: Int]) {
        self.file = file
        places = lines.mapValues { "\(file):\($0)" }
    }

    /// The place of `path`, or of the nearest table around it.
    func place(of path: [String]) -> String {
        var path = path[...]
        while !path.isEmpty {
            if let place = places[Array(path)] { return place }
            path.removeLast()
        }
        return file
    }

    /// Takes over what `other` says of `path` and below; what was known of it goes.
    mutating func replace(_ path: [String], with other: RecipeOrigins) {
        places = places.filter { !$0.key.starts(with: path) }
        places.merge(other.places.filter { $0.key.starts(with: path) }) { $1 }
    }

    mutating func set(_ path: [String], to place: String) {
        places = places.filter { !$0.key.starts(with: path) }
        places[path] = place
    }
}

/// A position in a recipe while it is decoded, for errors that name file, line and key.
struct RecipeCursor: Sendable {
    let origins: RecipeOrigins
    private(set) var path: [String] = []

    init(_ origins: RecipeOrigins) { self.origins = origins }

    func entering(_ component: String) -> RecipeCursor {
        var copy = self
        copy.path.append(component)
        return copy
    }

    func element(_ index: Int) -> RecipeCursor { entering(String(index)) }

    var place: String { origins.place(of: path) }

    /// The key as `--set` takes it; elements of `[[phase]]` count from 1.
    var key: String {
        path.map { component in Int(component).map { String($0 + 1) } ?? component }.joined(separator: ".")
    }

    func error(_ what: String, advice: String? = nil) -> UserError {
        UserError(.recipe, what, at: place, advice: advice)
    }
}
