/// Consecutive ranges that cover `0..<count`, each of `size` numbers but the last, which may have fewer.
package func chunks(of count: Int, by size: Int) -> [Range<Int>] {
    precondition(size > 0)
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}
