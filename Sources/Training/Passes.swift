/// Consecutive ranges that cover `0..<count`, each of as many images as one pass takes.
package func passes(over count: Int) -> [Range<Int>] {
    let chunk = 250
    return stride(from: 0, to: count, by: chunk).map { $0..<min($0 + chunk, count) }
}
