import Foundation
import Probes
import System
import Tensors

/// Features of a set of images as a safetensors file: `features` float32 `[N, F]` and `labels` int32 `[N]`, with what
/// they are features of in its metadata.
public struct FeatureFile: Sendable {
    /// What decides the features: they are computed anew when any of it changes.
    public struct Identity: Sendable, Equatable {
        /// The hash of the network and its parameters.
        public var weights: String
        public var layers: [String]
        /// SHA-256 of the images.
        public var data: String
        /// Cells of an axis that a map is pooled to.
        public var grid = FeatureExtractor.grid

        package var metadata: [String: String] {
            [
                "kind": "features", "format": "1", "weights": weights, "dataSHA256": data,
                "layers": layers.joined(separator: " "), "grid": String(grid),
            ]
        }

        /// Names the file in a cache.
        package var hash: String {
            SHA256.hex(
                of: metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined().utf8)
        }
    }

    /// Writes features to `path`, in place of whatever is there.
    /// - Throws: `UserError(.output)`; the old file then stays.
    public static func write(
        _ features: Features, _ identity: Identity, to path: String, _ backend: any Backend
    )
        throws
    {
        let tensors = [
            "features": SafetensorsEntry(
                floats: backend.floats(features.values), shape: [features.count, features.width]),
            "labels": SafetensorsEntry(int32s: features.labels.map(Int32.init), shape: [features.count]),
        ]
        try SafetensorsFile(metadata: identity.metadata, tensors: tensors).write(to: path)
    }

    /// Reads features.
    /// - Throws: `UserError(.missing)`; `UserError(.data)` for a damaged file, or one of other features.
    public static func read(_ path: String, _ identity: Identity, _ backend: any Backend) throws -> Features {
        let file = try SafetensorsFile(path: path)
        guard file.metadata == identity.metadata, let entry = file.tensors["features"],
            entry.shape.count == 2, let values = entry.floats(),
            let labels = file.tensors["labels"]?.integers(), labels.count == entry.shape[0]
        else {
            throw UserError(
                .data, "these are not the features asked for", at: path, advice: "remove the file")
        }
        return Features(
            values: backend.tensor(values, Shape(entry.shape), backend.real), labels: labels)
    }
}

/// The features that a run has computed and keeps in `features/HASH.safetensors`.
package struct FeatureCache {
    package let folder: String
    package let backend: any Backend

    package init(folder: String, backend: any Backend) {
        (self.folder, self.backend) = (folder, backend)
    }

    /// The kept features, or those that `compute` gives, which are then kept.
    ///
    /// - Parameter warn: told of a file that is damaged, and replaced.
    /// - Throws: what `compute` throws, and `UserError(.output)`.
    package func features(
        _ identity: FeatureFile.Identity, warn: (String) -> Void, compute: () throws -> Features
    ) throws -> Features {
        let path = "\(folder)/\(identity.hash.prefix(16)).safetensors"
        do {
            return try FeatureFile.read(path, identity, backend)
        } catch let error as UserError where error.kind == .missing {
        } catch let error as UserError where error.kind == .data {
            warn("\(error); computing the features anew")
        }
        let features = try compute()
        try Files.makeFolder(folder, advice: "use --no-cache")
        try FeatureFile.write(features, identity, to: path, backend)
        return features
    }
}
