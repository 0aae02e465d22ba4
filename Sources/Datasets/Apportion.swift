/// `total` seats for groups in proportion to `sizes`, none beyond its size: Hamilton's largest remainders, ties
/// to the earlier group. `total` is at most the sum of `sizes`.
func apportion(_ total: Int, among sizes: [Int]) -> [Int] {
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
