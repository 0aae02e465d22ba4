import Schemas

/// `[generator]`: what draws images in a GAN, of any kind.
public struct GeneratorSettings: Sendable, Equatable {
    /// Factor on the channels 512, 256 and 128.
    public var width = 1.0
    /// Numbers an image is made of, uniform in a GAN and normal in a VAE.
    public var latent = 100

    public init() {}
}

extension GeneratorSettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<GeneratorSettings>([
        .number("width", \.width, .between(0.01, 16), "factor on the channels of every layer"),
        .integer(
            "latent", \.latent, .between(1, 4096),
            "numbers that an image is generated from: uniform, normal in a VAE"),
    ])
}
