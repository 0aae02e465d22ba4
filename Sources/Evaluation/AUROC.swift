/// Area under the ROC curve: the probability that a positive scores above a negative, ties counting half
/// (the Mann–Whitney statistic). NaN when a side is empty or a score is NaN.
public func areaUnderROC(positives: [Double], negatives: [Double]) -> Double {
    guard !positives.contains(where: \.isNaN), !negatives.contains(where: \.isNaN) else { return .nan }
    let ascending =
        (positives.map { ($0, true) } + negatives.map { ($0, false) }).sorted { $0.0 < $1.0 }
    var rankSum = 0.0
    var start = 0
    while start < ascending.count {
        var end = start
        while end < ascending.count, ascending[end].0 == ascending[start].0 { end += 1 }
        let sharedRank = 0.5 * Double(start + 1 + end)
        rankSum += sharedRank * Double(ascending[start..<end].count { $0.1 })
        start = end
    }
    let p = Double(positives.count)
    return (rankSum - p * (p + 1) / 2) / (p * Double(negatives.count))
}
