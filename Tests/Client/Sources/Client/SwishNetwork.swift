import FlowContrast

/// x·σ(x): a layer that the library lacks. Ramachandran et al., *Searching for Activation Functions*, 2017.
public struct Swish: Layer {
    public init() {}

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable { x * sigmoid(x) }
}

/// Two layers of 32 for points, each with ``Swish``: a network that recipes do not know.
public struct SwishNetwork: NetworkDesign {
    public let name = "swish"

    public init() {}

    public func build(_ network: inout NetworkBuilder) {
        for number in 1...2 {
            let convolution = NetworkBuilder.Convolution(
                "dense\(number)", kernel: 1, inputs: network.shape.last, outputs: 32)
            network.append(network.layer(convolution))
            network.append(Swish())
        }
        network.flatten()
    }
}
