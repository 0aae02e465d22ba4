import Foundation
import System

/// Keeps measured speeds from call to call, a small file each. A folder that cannot be read or written only means that
/// speeds are measured again.
public struct SpeedCache: Sendable {
    public let folder: String
    /// Seconds after which a speed is measured again: a machine changes.
    package static let lifetime = 30.0 * 86_400

    public init(folder: String) { self.folder = folder }

    /// `fce/speed` in the user's folder of caches: that of `XDG_CACHE_HOME`, else `~/.cache`. Nil where there is neither.
    public static func ofUser(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Self?
    {
        func path(_ name: String, _ below: String) -> String? {
            environment[name].flatMap { $0.hasPrefix("/") ? $0 + below : nil }
        }
        return (path("XDG_CACHE_HOME", "") ?? path("HOME", "/.cache")).map { Self(folder: $0 + "/fce/speed") }
    }

    /// A speed and when it was measured.
    package struct Entry<Speed: Codable>: Codable {
        /// What the file's name is made of, for whoever reads it.
        package var key: String
        /// Seconds since 1970.
        package var measuredAt: Double
        package var speed: Speed
    }

    /// The speed kept under `key`, with its age in seconds; nil where there is none, or none that is fit for use at `now`.
    package func read<Speed: Codable>(_: Speed.Type, _ key: SpeedKey, now: Double) -> (
        speed: Speed, age: Double
    )? {
        guard let bytes = Files.contents(path(key)),
            let entry = try? decodedJSON(Entry<Speed>.self, bytes),
            entry.key == key.text, (0...Self.lifetime).contains(now - entry.measuredAt)
        else { return nil }
        return (entry.speed, now - entry.measuredAt)
    }

    /// Keeps a speed.
    /// - Returns: whether that was possible.
    @discardableResult
    package func write(_ speed: some Codable, _ key: SpeedKey, now: Double) -> Bool {
        do {
            try Files.makeFolder(folder)
            let json = try JSONEncoder().encode(Entry(key: key.text, measuredAt: now, speed: speed))
            try AtomicFile.write(String(decoding: json, as: UTF8.self), to: path(key), isSynced: false)
            return true
        } catch {
            return false
        }
    }

    private func path(_ key: SpeedKey) -> String { "\(folder)/\(key.hash).json" }
}
