import System

/// How ranks fail: together, with one message.
extension World {
    /// Runs what may fail on some ranks only, such as reading and writing files. Where it fails on any, all throw what the first of
    /// these threw. Within another call it only runs.
    public func together<Result>(_ body: () throws -> Result) throws -> Result {
        guard size > 1, !isTogether else { return try body() }
        var thrown: (any Error)?
        var result: Result?
        isTogether = true
        do { result = try body() } catch { thrown = error }
        isTogether = false
        let report = thrown.map { ($0 as? UserError)?.fields ?? [String(describing: $0)] } ?? []
        let reports = gather(report.joined(separator: "\u{1F}"))
        guard let failed = reports.firstIndex(where: { !$0.isEmpty }) else {
            guard let result else { preconditionFailure("neither a result nor an error") }
            return result
        }
        if failed == rank, let thrown { throw thrown }
        throw UserError(fields: reports[failed], ofRank: failed)
    }

    /// Runs on rank 0 what it alone does. Where that fails, all ranks throw the same.
    public func onFirst(_ body: () throws -> Void) throws { try together { if isFirst { try body() } } }

    /// Throws `UserError(.recipe)` on all ranks where they do not have the same.
    ///
    /// - Parameters:
    ///   - values: of this rank.
    ///   - what: names them, each to be followed by its value.
    package func expectSame(_ values: [(what: String, value: String)], advice: String) throws {
        let all = gather(values.map(\.value).joined(separator: "\u{1F}")).map {
            $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        }
        for (index, value) in values.enumerated() {
            guard let other = all.firstIndex(where: { $0[index] != all[0][index] }) else { continue }
            throw UserError(
                .recipe,
                "ranks disagree about \(value.what): rank 0 has \(all[0][index]), rank \(other) has \(all[other][index])",
                advice: advice)
        }
    }
}

extension UserError {
    /// What another rank needs to throw the same.
    fileprivate var fields: [String] { [String(kind.rawValue), what, place ?? "", advice ?? ""] }

    fileprivate init(fields: String, ofRank rank: Int) {
        let parts = fields.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let kind = Int32(parts[0]).flatMap(Kind.init) else {
            self.init(.output, "rank \(rank): \(fields)")
            return
        }
        self.init(
            kind, parts[1], at: parts[2].isEmpty ? nil : parts[2], advice: parts[3].isEmpty ? nil : parts[3])
    }
}
