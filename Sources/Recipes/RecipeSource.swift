import Foundation
import Schemas
import System
import Training

/// A recipe as merged TOML, before it is decoded: its tree, and where every key of it came from.
package struct RecipeSource {
    private(set) var root: [String: TOMLNode]
    private(set) var origins: SchemaOrigins
    private(set) var header: String
    private static let deepest = 8
    /// Keys that describe one file, so that a recipe does not take them from its base.
    private static let ownKeys = ["name", "report", "extends"]

    /// Reads the recipe at `location` and the recipes it extends.
    ///
    /// Throws `UserError(.missing)` for an unreadable file, `UserError(.recipe)` for what is wrong in it.
    package init(_ location: RecipeLocation) throws { try self.init(location, requestedBy: nil, open: []) }

    /// Reads `text`; `file` names it in errors and is what `extends` is relative to.
    package init(text: String, file: String) throws { try self.init(Array(text.utf8), file: file) }

    /// The same of the file's bytes.
    package init(_ bytes: [UInt8], file: String) throws {
        try self.init(bytes, at: RecipeLocation(file), open: [])
    }

    private init(_ location: RecipeLocation, requestedBy place: String?, open: [String]) throws {
        let bytes = try location.contents("the recipe", requestedBy: place)
        try self.init(bytes, at: location, open: open)
    }

    private init(_ bytes: [UInt8], at location: RecipeLocation, open: [String]) throws {
        let document = try TOMLDocument(bytes, file: location.description)
        root = document.root
        origins = SchemaOrigins(file: location.description, lines: document.lines)
        header = RecipeHeader.text(of: bytes)
        try extend(location, open: open)
    }

    /// Puts this recipe over the one that it `extends`.
    private mutating func extend(_ location: RecipeLocation, open: [String]) throws {
        guard let node = root.removeValue(forKey: "extends") else { return }
        let place = origins.place(of: ["extends"])
        guard case .string(let relative) = node, !relative.isEmpty else {
            throw UserError(.recipe, "`extends` takes a recipe's path, not \(node.described)", at: place)
        }
        let base = location.relative(relative)
        let chain = open + [location.identity]
        guard !chain.contains(base.identity) else {
            throw UserError(.recipe, "`extends` runs in a circle", at: place, advice: "break it")
        }
        guard chain.count < Self.deepest else {
            throw UserError(
                .recipe, "`extends` is more than \(Self.deepest) deep", at: place,
                advice: "flatten the recipes")
        }
        let own = self
        self = try RecipeSource(base, requestedBy: place, open: chain)
        for key in Self.ownKeys { root[key] = nil }
        merge(own.root, from: own.origins, at: [])
        origins = SchemaOrigins(file: location.description, places: origins)
        header = own.header
    }

    /// Tables merge key by key; everything else, arrays too, is replaced.
    private mutating func merge(_ table: [String: TOMLNode], from other: SchemaOrigins, at path: [String]) {
        for (key, node) in table {
            let place = path + [key]
            if case .table(let inner) = node, case .table = Self.node(at: place, in: .table(root)) {
                merge(inner, from: other, at: place)
            } else {
                root = Self.replacing(place[...], in: root, with: node)
                origins.replace(place, with: other)
            }
        }
    }

    fileprivate static func node(at path: [String], in node: TOMLNode) -> TOMLNode? {
        path.reduce(node) { node, key in
            switch node {
            case .table(let table): table[key]
            case .array(let array): Int(key).flatMap { array.indices.contains($0) ? array[$0] : nil }
            default: nil
            }
        }
    }

    private static func replacing(
        _ path: ArraySlice<String>, in table: [String: TOMLNode], with node: TOMLNode
    ) -> [String: TOMLNode] {
        guard let key = path.first else { return table }
        var table = table
        table[key] = replacing(path.dropFirst(), in: table[key], with: node)
        return table
    }

    private static func replacing(
        _ path: ArraySlice<String>, in old: TOMLNode?, with node: TOMLNode
    ) -> TOMLNode {
        guard let key = path.first else { return node }
        if case .array(var elements) = old, let index = Int(key) {
            elements[index] = replacing(path.dropFirst(), in: elements[index], with: node)
            return .array(elements)
        }
        if case .table(let table) = old { return .table(replacing(path, in: table, with: node)) }
        return .table(replacing(path, in: [:], with: node))
    }

    /// Applies `--set key=value`: the value as TOML, or, a bare word, as a string. A phase is named by its
    /// number from 1, or by its kind where only one phase has it.
    ///
    /// Throws `UserError(.recipe)`.
    package mutating func set(_ assignment: String) throws {
        let place = "--set \(assignment)"
        guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
            throw UserError(.recipe, "an override is written key=value", at: place)
        }
        let keys = assignment[..<equals].split(separator: ".", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let value = try Self.value(assignment[assignment.index(after: equals)...], place: place)
        guard keys != ["extends"] else {
            throw UserError(.recipe, "`extends` belongs in the recipe's file", at: place)
        }
        let path = try resolved(keys, place: place)
        try checkReach(of: path, place: place)
        for length in path.indices.dropFirst()
        where Self.node(at: Array(path[..<length]), in: .table(root)) == nil {
            origins.set(Array(path[..<length]), to: place)
        }
        root = Self.replacing(path[...], in: root, with: value)
        origins.set(path, to: place)
    }

    /// Throws where `path` leads through a value, or to an element that an array does not have.
    private func checkReach(of path: [String], place: String) throws {
        for length in path.indices.dropFirst() {
            let outer = Array(path[..<length])
            switch Self.node(at: outer, in: .table(root)) {
            case nil, .table: continue
            case .array(let elements) where Int(path[length]).map(elements.indices.contains) ?? false:
                continue
            case .some(let node):
                let what =
                    "`\(outer.joined(separator: "."))` is \(node.described) without a `\(path[length])`"
                throw UserError(.recipe, what, at: place)
            }
        }
    }

    private static func value(_ text: Substring, place: String) throws -> TOMLNode {
        let text = text.trimmingCharacters(in: .whitespaces)
        if let root = try? TOMLDocument("x = \(text)".utf8, file: place).root, root.count == 1,
            let value = root["x"]
        {
            return value
        }
        let isWord = !text.isEmpty && !text.contains { "\"'[]{}#=,".contains($0) || $0.isNewline }
        guard isWord else {
            throw UserError(.recipe, "the value is not TOML", at: place, advice: "quote strings")
        }
        return .string(text)
    }

    private func resolved(_ keys: [String], place: String) throws -> [String] {
        guard keys.count > 1, keys[0] == "phase", case .array(let phases) = root["phase"] else { return keys }
        let byKind = phases.indices.filter { index in
            Self.node(at: ["kind"], in: phases[index]) == .string(keys[1])
        }
        let number = Int(keys[1]).map { $0 - 1 }
        guard let index = byKind.count == 1 ? byKind[0] : number, phases.indices.contains(index) else {
            throw Self.unnamedPhase(keys, phases, place)
        }
        return ["phase", String(index)] + keys[2...]
    }
}

extension RecipeSource {
    /// The error for `keys`, which do not say which of `phases` they are about: it lists what they could be.
    fileprivate static func unnamedPhase(_ keys: [String], _ phases: [TOMLNode], _ place: String) -> UserError
    {
        let kinds = phases.map { phase -> String in
            if case .string(let kind) = node(at: ["kind"], in: phase) { kind } else { "" }
        }
        let isKey = Recipe.keys.contains { $0.path.hasPrefix("phase.\(keys[1])") }
        let rest = isKey ? keys[1...] : keys[2...]
        let names = kinds.enumerated().map { index, kind in
            let isOnly = !kind.isEmpty && kinds.count { $0 == kind } == 1
            let key = (["phase", isOnly ? kind : String(index + 1)] + rest).joined(separator: ".")
            return isOnly ? key : "\(key) (\(kind))"
        }
        return UserError(
            .recipe,
            isKey ? "`\(keys.joined(separator: "."))` does not say which phase" : "no phase `\(keys[1])`",
            at: place, advice: "name it by its kind or its number from 1: " + names.joined(separator: ", "))
    }
}

extension SchemaOrigins {
    /// The places of `places`, for a recipe that the user named `file`.
    fileprivate init(file: String, places: SchemaOrigins) {
        self.init(file: file)
        replace([], with: places)
    }
}
