import System

/// What a phase of training came to at its end.
public struct PhaseScores: Sendable, Equatable {
    /// The kind of the phase.
    public var name: String
    public var steps: Int
    /// Training time.
    public var seconds: Double
    public var scores: Scores

    public init(name: String, steps: Int, seconds: Double, scores: Scores = Scores()) {
        self.name = name
        self.steps = steps
        self.seconds = seconds
        self.scores = scores
    }

    /// A line for whoever watches.
    package var summary: String {
        let parts = Metric.scores.compactMap { metric in
            metric.name(at: .summary).flatMap { name in
                scores[metric].map { "\(name) \(metric.textWithUnit($0))" }
            }
        }
        return (["\(name): \(steps) updates in \(Int(seconds.rounded())) s"] + parts).joined(separator: ", ")
    }
}

extension PhaseScores: Codable {
    private enum CodingKeys: String, CodingKey { case name, steps, seconds }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        steps = try container.decode(Int.self, forKey: .steps)
        seconds = try container.decode(Double.self, forKey: .seconds)
        scores = try Scores(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(steps, forKey: .steps)
        try container.encode(seconds, forKey: .seconds)
        try scores.encode(to: encoder)
    }
}
