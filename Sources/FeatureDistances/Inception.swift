import Tensors

/// Inception v3 up to its last pooling, as the FID of the literature uses it: Szegedy et al., *Rethinking the Inception
/// Architecture for Computer Vision*, CVPR 2016, with the weights of 2015-12-05 and the peculiarities of their TensorFlow
/// graph, which pytorch-fid reproduces. Images are resized to 299×299 without anti-aliasing; average pooling leaves out
/// the border; the last block takes a maximum in place of an average.
///
/// Widths are those of the weights. With the published ones there are 2,048 features.
package struct Inception {
    package let hash: String
    private let layers: InceptionLayers

    /// The side that images are resized to, pixels.
    package static let side = 299

    /// - Throws: `UserError(.data)` for weights of another network.
    package init(_ weights: InceptionWeights, backend: any Backend) throws {
        hash = weights.hash
        layers = try InceptionLayers(weights, backend: backend)
        // A file that lacks a layer, or has one of another shape, is known before the first image.
        let probe = backend.allocate([1, Self.side, Self.side, 3], backend.real)
        backend.fill(probe, with: 0)
        _ = try maps(probe)
    }

    /// Features, real `[N, 2048]`, of images real `[N, H, W, C]` in [−0.5, 0.5) with C 1 or 3.
    package func callAsFunction(_ images: Tensor) throws -> Tensor {
        // From (b + ½)/256 − ½ to 2·b/255 − 1, for bytes b.
        let scaled = layers.backend.affine(images, scale: 512.0 / 255, shift: 0)
        return layers.backend.globalMeanPool(try maps(layers.resized(layers.coloured(scaled), Self.side)))
    }

    /// The maps of the last block, `[N, 8, 8, 2048]`, of images `[N, 299, 299, 3]` in [−1, 1].
    private func maps(_ images: Tensor) throws -> Tensor {
        var x = try layers.convolved(images, "Conv2d_1a_3x3", stride: 2)
        x = try layers.convolved(x, "Conv2d_2a_3x3")
        x = try layers.convolved(x, "Conv2d_2b_3x3", isSame: true)
        x = layers.maximum(x, stride: 2)
        x = try layers.convolved(x, "Conv2d_3b_1x1", isSame: true)
        x = try layers.convolved(x, "Conv2d_4a_3x3")
        x = layers.maximum(x, stride: 2)
        for name in ["Mixed_5b", "Mixed_5c", "Mixed_5d"] { x = try blockA(x, name) }
        x = try blockB(x, "Mixed_6a")
        for name in ["Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"] { x = try blockC(x, name) }
        x = try blockD(x, "Mixed_7a")
        x = try blockE(x, "Mixed_7b") { layers.average($0) }
        return try blockE(x, "Mixed_7c") { layers.maximum($0, stride: 1) }
    }

    /// 35×35 maps.
    private func blockA(_ x: Tensor, _ name: String) throws -> Tensor {
        layers.joined([
            try layers.chain(x, name, ["branch1x1"]),
            try layers.chain(x, name, ["branch5x5_1", "branch5x5_2"]),
            try layers.chain(x, name, ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]),
            try layers.chain(layers.average(x), name, ["branch_pool"]),
        ])
    }

    /// From 35×35 to 17×17.
    private func blockB(_ x: Tensor, _ name: String) throws -> Tensor {
        let double = try layers.chain(x, name, ["branch3x3dbl_1", "branch3x3dbl_2"])
        return layers.joined([
            try layers.convolved(x, "\(name).branch3x3", stride: 2),
            try layers.convolved(double, "\(name).branch3x3dbl_3", stride: 2),
            layers.maximum(x, stride: 2),
        ])
    }

    /// 17×17 maps.
    private func blockC(_ x: Tensor, _ name: String) throws -> Tensor {
        layers.joined([
            try layers.chain(x, name, ["branch1x1"]),
            try layers.chain(x, name, ["branch7x7_1", "branch7x7_2", "branch7x7_3"]),
            try layers.chain(x, name, (1...5).map { "branch7x7dbl_\($0)" }),
            try layers.chain(layers.average(x), name, ["branch_pool"]),
        ])
    }

    /// From 17×17 to 8×8.
    private func blockD(_ x: Tensor, _ name: String) throws -> Tensor {
        let three = try layers.chain(x, name, ["branch3x3_1"])
        let seven = try layers.chain(x, name, ["branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3"])
        return layers.joined([
            try layers.convolved(three, "\(name).branch3x3_2", stride: 2),
            try layers.convolved(seven, "\(name).branch7x7x3_4", stride: 2),
            layers.maximum(x, stride: 2),
        ])
    }

    /// 8×8 maps.
    private func blockE(_ x: Tensor, _ name: String, pooling: (Tensor) -> Tensor) throws -> Tensor {
        let three = try layers.chain(x, name, ["branch3x3_1"])
        let double = try layers.chain(x, name, ["branch3x3dbl_1", "branch3x3dbl_2"])
        return layers.joined([
            try layers.chain(x, name, ["branch1x1"]),
            try layers.chain(three, name, ["branch3x3_2a"]), try layers.chain(three, name, ["branch3x3_2b"]),
            try layers.chain(double, name, ["branch3x3dbl_3a"]),
            try layers.chain(double, name, ["branch3x3dbl_3b"]),
            try layers.chain(pooling(x), name, ["branch_pool"]),
        ])
    }
}
