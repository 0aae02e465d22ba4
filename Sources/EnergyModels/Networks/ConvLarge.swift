extension EnergyConfiguration.Network {
    /// Table 6, right: 3 × 128, 3 × 256, 512 unpadded, 1×1 of 256 and 128.
    public static let convLarge = Self(ConvLarge())
}

/// Gao et al. 2020, table 6, right.
struct ConvLarge: Table6 {
    let name = "conv-large"

    func build(_ network: inout NetworkBuilder) {
        block(128, in: &network)
        block(256, in: &network)
        network.dropout()
        network.convolution(512, kernel: 3)
        network.convolution(256, kernel: 1)
        network.convolution(128, kernel: 1)
        network.globalPool()
    }
}
