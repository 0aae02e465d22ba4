import Tensors

extension EnergyConfiguration.Network {
    /// Table 5: 4×4 convolutions of 64, 128, 256 with stride 2, and a linear layer over the 4×4 grid.
    public static let fourLayer = Self(FourLayer())
}

/// Gao et al. 2020, table 5. On a grid below 8×8, as multigrid sampling has, the layers that find a single pixel left are
/// dense.
struct FourLayer: NetworkDesign {
    let name = "four-layer"

    func build(_ network: inout NetworkBuilder) {
        for width in [64, 128, 256] {
            if network.shape[0] > 1 {
                network.convolution(width, kernel: 4, stride: 2, padding: 1)
            } else {
                network.convolution(width, kernel: 1)
            }
        }
        network.flatten()
    }
}
