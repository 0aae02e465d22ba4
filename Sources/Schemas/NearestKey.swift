/// Finds the word a misspelt one was meant to be.
package enum NearestKey {
    /// The word of `candidates` with the smallest edit distance, the earlier one of two as near.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        candidates.min { distance(word, $0) < distance(word, $1) }
    }

    /// True where `candidate` is so near that it was almost surely meant.
    package static func isLikely(_ candidate: String, for word: String) -> Bool {
        distance(word, candidate) <= max(1, min(word.count, candidate.count) / 2)
    }

    /// Levenshtein's distance, where `-` and `_` are the same and capitals do not count.
    package static func distance(_ first: String, _ second: String) -> Int {
        let a = Array(first.lowercased().map { $0 == "_" ? "-" : $0 }.prefix(100))
        let b = Array(second.lowercased().map { $0 == "_" ? "-" : $0 }.prefix(100))
        var row = Array(0...b.count)
        for (i, character) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let substituted = diagonal + (character == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
