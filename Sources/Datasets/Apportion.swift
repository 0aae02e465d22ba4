/// `total` seats for groups in proportion to `sizes`, none beyond its size: Hamilton's largest remainders, ties
/// to the earlier group. `total` is at most the sum of `sizes`.
package func apportion(_ total: Int, among sizes: [Int]) -> [Int] {
    let all = sizes.reduce(0, +)
    precondition(0...all ~= total)
    guard all > 0 else { return sizes }
    var seats = sizes.map { $0 * total / all }
    let byRemainder = sizes.indices.sorted {
        let (a, b) = (sizes[$0] * total % all, sizes[$1] * total % all)
        return a == b ? $0 < $1 : a > b
    }
    for group in byRemainder.prefix(total - seats.reduce(0, +)) { seats[group] += 1 }
    return seats
}

/// How many examples of each class are kept for testing: a share of all in proportion, but no class loses its last one.
package func testSeats(_ count: Int, among sizes: [Int]) -> [Int] {
    zip(sizes, apportion(count, among: sizes)).map { min($1, max(0, $0 - 1)) }
}
