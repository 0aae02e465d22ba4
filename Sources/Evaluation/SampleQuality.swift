import System

/// How far a model's samples are from images in the features of a network.
public struct SampleQuality: Codable, Sendable, Equatable {
    /// Whose features: Inception v3, as the FID of the literature has it, or a classifier that was trained here.
    public enum Kind: String, Codable, Sendable, CaseIterable { case inception, classifier }

    public let kind: Kind
    /// What the network is called, and the hash of its weights.
    public let network: String
    public let networkHash: String
    /// D.
    public let features: Int
    public let samples: Int
    /// The images that samples are compared with: how many, and their hash.
    public let images: Int
    public let imagesSHA256: String
    /// The Fréchet distance.
    public let frechet: Double
    /// The kernel distance and its standard error; nil for fewer than 20 images.
    public let kernel: Double?
    public let kernelError: Double?

    package init(
        kind: Kind, network: String, networkHash: String, features: Int, samples: Int, images: Int,
        imagesSHA256: String, frechet: Double, kernel: Double?, kernelError: Double?
    ) {
        self.kind = kind
        self.network = network
        self.networkHash = networkHash
        self.features = features
        self.samples = samples
        self.images = images
        self.imagesSHA256 = imagesSHA256
        self.frechet = frechet
        self.kernel = kernel
        self.kernelError = kernelError
    }

    /// Whether two distances may stand in one column: equal networks, images and numbers of samples.
    public func isComparable(with other: SampleQuality) -> Bool {
        kind == other.kind && networkHash == other.networkHash && imagesSHA256 == other.imagesSHA256
            && samples == other.samples
    }

    /// What the distances are of, in words.
    public var description: String {
        let resize = kind == .inception ? ", resized to 299x299 as pytorch-fid does" : ""
        return "\(samples) samples against all \(images) training images, \(features) features of "
            + "\(network)\(resize)"
    }
}
