import Datasets
import System
import Tensors

/// Images that are not a run's data, as `fce eval --ood` names them.
public struct OtherImages: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Every byte drawn by itself, evenly from 0...255.
        case noise
        /// Every image of one colour, drawn likewise.
        case constant
        /// Images at a path; see ``ImagesAtPath``.
        case path(String)
    }

    public let name: String
    package let kind: Kind

    /// `noise`, `constant` or `NAME=PATH`; nil for anything else.
    public init?(_ text: String) {
        switch text {
        case "noise": (name, kind) = (text, .noise)
        case "constant": (name, kind) = (text, .constant)
        default:
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            (name, kind) = (parts[0], .path(parts[1]))
        }
    }

    /// At most `limit` images of `extents` (height, width, channels), spread evenly over a set that has more.
    /// - Throws: `UserError` as the readers do.
    package func images(_ limit: Int, extents: [Int]) throws(UserError) -> ImageDataset {
        switch kind {
        case .noise: return drawn(limit, extents, pixelsOfOneValue: 1)
        case .constant: return drawn(limit, extents, pixelsOfOneValue: extents[0] * extents[1])
        case .path(let path):
            let all = try ImagesAtPath.read(path, size: extents[0], channels: extents[2])
            let count = min(limit, all.count)
            return all.subset((0..<count).map { $0 * all.count / count }, name: name)
        }
    }

    /// Images whose colour is drawn anew every so many pixels.
    private func drawn(_ count: Int, _ extents: [Int], pixelsOfOneValue run: Int) -> ImageDataset {
        let (pixels, channels) = (extents[0] * extents[1], extents[2])
        let bytes = (0..<count).flatMap { image -> [UInt8] in
            var stream = RandomStream(RandomKey(seed: 0, purpose: .noise, step: image))
            return (0..<pixels / run).flatMap { _ -> [UInt8] in
                let colour = (0..<channels).map { _ in UInt8(256 * stream.uniform()) }
                return Array(repeating: colour, count: run).flatMap { $0 }
            }
        }
        return ImageDataset(
            name: name, height: extents[0], width: extents[1], channels: channels, classNames: [],
            pixels: bytes, labels: [Int](repeating: ImageDataset.unlabelled, count: count))
    }
}
