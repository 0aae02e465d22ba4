import Networks
import Tensors

extension EnergyConfiguration {
    /// F, the numbers that the last layer reads of a datum `[H, W, C]`.
    public func featureCount(shape: Shape) -> Int { EnergyNetwork(self, shape: shape).featureCount }

    /// Multiplications in the products of one forward pass of one datum `[H, W, C]`; `first` is the first layer's share,
    /// whose input gradient no training step needs.
    public func multiplications(shape: Shape) -> (total: Int, first: Int) {
        let network = EnergyNetwork(self, shape: shape)
        let (total, first) = network.multiplications
        let heads = units + (head == .gain ? 1 : 0)
        return (total + network.featureCount * heads, first)
    }

    /// Those of the layers of its own that a shared energy has, which no classification needs; those of a flow's are the flow's.
    public func sharedMultiplications(shape: Shape) -> Int {
        guard head == .separate else { return 0 }
        let network = EnergyNetwork(ofSharedEnergy, shape: shape)
        return network.multiplications.total + network.featureCount
    }
}
