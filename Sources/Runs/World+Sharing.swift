import Foundation
import System
import Tensors

extension World {
    /// The value that rank 0 has; nil where it has none.
    package func shared<Value: Codable>(_ value: Value?) throws -> Value? {
        guard size > 1 else { return value }
        let json = try together { try value.map { Array(try JSONEncoder().encode($0)) } }
        guard let bytes = fromFirst(json) else { return nil }
        return isFirst ? value : try decodedJSON(Value.self, bytes)
    }

    /// Whether any rank wants to stop. A signal that has come to one then counts as come to all.
    package func isInterrupted(_ own: Bool) -> Bool {
        guard size > 1 else { return own }
        let signals = gather([own ? Int(Interruption.signal) : -1])
        guard let signal = signals.first(where: { $0 >= 0 }) else { return false }
        if signal > 0 { Interruption.request(Int32(signal)) }
        return true
    }
}
