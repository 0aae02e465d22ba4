extension EnergyConfiguration.Network {
    /// Two dimensions: three dense layers of 128.
    public static let mlp = Self(MLP())
}

/// Three dense layers of 128, for points.
struct MLP: NetworkDesign {
    let name = "mlp"

    func build(_ network: inout NetworkBuilder) {
        for _ in 1...3 { network.convolution(128, kernel: 1) }
        network.flatten()
    }
}
