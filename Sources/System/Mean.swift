/// The mean of numbers; NaN of none.
public func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
