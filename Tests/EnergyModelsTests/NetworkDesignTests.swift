import EnergyModels
import Gradients
import Networks
import System
import Tensors
import TestSupport
import Testing

/// x², a layer that gives neither a derivative nor a plain form.
private struct Square: Layer {
    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable { x.mapped(.square) }
}

private struct Squares: NetworkDesign {
    let name = "squares"

    func build(_ network: inout NetworkBuilder) {
        network.convolution(4, kernel: 3)
        network.append(Square())
        network.globalPool()
    }
}

@Suite("Networks of one's own") struct NetworkDesignTests {
    @Test("A design makes an energy; what its layers do not know is refused")
    func ownNetwork() throws {
        let backend = ReferenceBackend()
        var configuration = EnergyConfiguration()
        configuration.network = .init(Squares())
        configuration.classes = 3
        let energy = ConditionalEnergy(configuration, shape: [6, 5, 2], backend: backend, seed: 1)
        #expect(energy.layerNames == ["conv1"])
        #expect(energy.featureCount == 4)
        #expect(configuration.multiplications(shape: [6, 5, 2]) == (12 * 9 * 2 * 4 + 12, 12 * 9 * 2 * 4))
        let x = backend.randomTensor([8, 6, 5, 2], seed: 1)
        energy.initialize(with: x)
        let pass = Pass.inference(energy.store)
        let f = energy.logits(pass.constant(x), pass).value
        expectClose(backend.doubles(backend.moments(f).variance), [1, 1, 1], relative: 1e-6)
        #expect(!energy.isLinearizable)
        let refusal = #expect(throws: UserError.self) { try energy.folded(energy.store) }
        #expect(try #require(refusal).description.contains("energy.network = \"squares\""))
    }

    @Test("Recipes know networks by name")
    func names() {
        let names = EnergyConfiguration.Network.allCases.map(\.rawValue)
        #expect(names.starts(with: ["conv-small", "conv-large", "four-layer", "mlp"]))
        for network in EnergyConfiguration.Network.allCases {
            #expect(EnergyConfiguration.Network(rawValue: network.rawValue) == network)
        }
        #expect(EnergyConfiguration.Network(rawValue: "squares") == nil)
    }
}
