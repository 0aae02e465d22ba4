import System

/// One line of `metrics.jsonl`.
public struct MetricsRow: Sendable, Equatable {
    /// The kind of the phase.
    public var phase: String
    public var phaseIndex: Int
    /// Within the phase.
    public var step: Int
    /// Seconds of training so far.
    public var time: Double
    /// What happened, such as `switch`; nil for a line of measurements.
    public var event: String?
    /// Numbers by name; not a number (NaN) is written as null, and so is infinity.
    public var values: [String: Double]
    /// Words by name, such as `to` of a switch.
    public var words: [String: String]

    public init(
        phase: String, phaseIndex: Int, step: Int, time: Double, event: String? = nil,
        values: [String: Double] = [:], words: [String: String] = [:]
    ) {
        self.phase = phase
        self.phaseIndex = phaseIndex
        self.step = step
        self.time = time
        self.event = event
        self.values = values
        self.words = words
    }

    /// Whether the row tells measurements: those of updates and tests, and the evaluation at a phase's end.
    public var isMeasurement: Bool { event == nil || event == Self.phaseEnd }
    /// The event under which a phase's last evaluation is written.
    package static let phaseEnd = "phaseEnd"

    /// The row as JSON on one line: the fixed keys, then words and numbers by name.
    package var line: String {
        var members = [
            "\"phase\":\(jsonQuoted(phase))", "\"phaseIndex\":\(phaseIndex)", "\"step\":\(step)",
            "\"time\":\(Self.literal(time))",
        ]
        if let event { members.append("\"event\":\(jsonQuoted(event))") }
        for (key, word) in words.sorted(by: { $0.key < $1.key }) {
            members.append("\(jsonQuoted(key)):\(jsonQuoted(word))")
        }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            members.append("\(jsonQuoted(key)):\(Self.literal(value))")
        }
        return "{\(members.joined(separator: ","))}\n"
    }

    /// The row in one line for people: `energy, step 50: labelLoss 1.234, value -0.5`.
    package var text: String {
        let numbers = values.sorted { $0.key < $1.key }.map { "\($0.key) \(Float($0.value))" }
        let words = words.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let what = event.map { ", \($0)" } ?? ""
        return "\(phase), step \(step)\(what): \((words + numbers).joined(separator: ", "))"
    }

    private static func literal(_ number: Double) -> String {
        guard number.isFinite else { return "null" }
        return Int(exactly: number).map(String.init) ?? number.description
    }
}

extension MetricsRow: Decodable {
    private enum Value: Decodable {
        case number(Double)
        case word(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .number(.nan)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .word(try container.decode(String.self))
            }
        }

        var number: Double? { if case .number(let number) = self { number } else { nil } }
        var word: String? { if case .word(let word) = self { word } else { nil } }
    }

    public init(from decoder: any Decoder) throws {
        var entries = try decoder.singleValueContainer().decode([String: Value].self)
        func take(_ key: String) -> Value? { entries.removeValue(forKey: key) }
        guard let phase = take("phase")?.word,
            let phaseIndex = take("phaseIndex")?.number.flatMap(Int.init(exactly:)),
            let step = take("step")?.number.flatMap(Int.init(exactly:)), let time = take("time")?.number
        else {
            let what = "phase, phaseIndex, step and time are needed"
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: what))
        }
        let event = take("event")?.word
        self.init(
            phase: phase, phaseIndex: phaseIndex, step: step, time: time, event: event,
            values: entries.compactMapValues(\.number), words: entries.compactMapValues(\.word))
    }
}
