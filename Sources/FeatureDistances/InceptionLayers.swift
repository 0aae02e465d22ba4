import Tensors

/// What Inception is built of, on activations `[N, H, W, C]`.
struct InceptionLayers {
    let backend: any Backend
    private let source: InceptionWeights
    private let layers: [String: (weights: Tensor, bias: Tensor)]

    /// - Throws: `UserError(.data)` for layers that are not convolutions with batch normalisation.
    init(_ source: InceptionWeights, backend: any Backend) throws {
        (self.source, self.backend) = (source, backend)
        layers = try Dictionary(uniqueKeysWithValues: source.names.map { ($0, try source.layer($0)) })
    }

    /// ReLU of the convolution `name` of `x`: a 3×3 kernel within the image, or, with `isSame`, an odd one on an image
    /// that zeros surround, so that its extents stay.
    ///
    /// - Throws: `UserError(.data)` where the weights do not fit.
    func convolved(_ x: Tensor, _ name: String, stride: Int = 1, isSame: Bool = false) throws -> Tensor {
        guard let (weights, bias) = layers[name] else { throw source.refusal("there is no `\(name)`") }
        let (height, width) = (weights.shape[0], weights.shape[1])
        let isOdd = height % 2 == 1 && width % 2 == 1 && max(height, width) <= 7
        guard isSame ? isOdd : height == 3 && width == 3, weights.shape[2] == x.shape[3],
            weights.shape[3] > 0
        else { throw source.refusal("`\(name)` is \(weights.shape) on \(x.shape[3]) maps") }
        guard height == width else { return product(x, weights, bias) }
        let geometry = ConvolutionGeometry(stride: stride, padding: isSame ? height / 2 : 0)
        return backend.convolution(x, weights, bias: bias, geometry, slope: 0, output: backend.real)
    }

    /// Convolutions of a block one after the other, which keep the extents.
    func chain(_ x: Tensor, _ block: String, _ names: [String]) throws -> Tensor {
        try names.reduce(x) { try convolved($0, "\(block).\($1)", isSame: true) }
    }

    /// A kernel that is not square, as a product of gathered pixels: kernels of devices have one padding for both axes.
    private func product(_ x: Tensor, _ weights: Tensor, _ bias: Tensor) -> Tensor {
        let (height, width, outputs) = (weights.shape[0], weights.shape[1], weights.shape[3])
        let windows = Windows(x.shape, height: height, width: width)
        let taps = height * width * x.shape[3]
        let pixels = windows.gathered(x, backend, border: .zeros)
        let y = backend.matrixProduct(
            pixels.reshaped([pixels.count / taps, taps]), weights.reshaped([taps, outputs]),
            transposeA: false, transposeB: false)
        return backend.map(.relu, backend.combine(.add, y, bias, .channels)).reshaped(
            Shape([x.shape[0], x.shape[1], x.shape[2], outputs]))
    }

    /// The maximum of 3×3 windows: of stride 2 within the image, or of stride 1 on an image that keeps its extents.
    func maximum(_ x: Tensor, stride: Int) -> Tensor {
        let windows = Windows(x.shape, stride: stride, isSame: stride == 1)
        // A pixel at the border that stands in for those outside is in the window already.
        let pixels = windows.gathered(x, backend, border: .nearest)
        return backend.globalMaxPool(pixels.reshaped([pixels.count / (9 * x.shape[3]), 9, 1, x.shape[3]])).y
            .reshaped(windows.output)
    }

    /// The average of the 3×3 pixels around each, of those that lie within the image.
    func average(_ x: Tensor) -> Tensor {
        let windows = Windows(x.shape)
        let pixels = windows.gathered(x, backend, border: .zeros)
        let rows = pixels.count / (9 * x.shape[3])
        let ninths = backend.globalMeanPool(pixels.reshaped([rows, 9, 1, x.shape[3]]))
        let factors = backend.tensor(windows.counts.map { 9 / Double($0) }, [rows], .float64)
        return backend.combine(.multiply, ninths, factors, .rows).reshaped(windows.output)
    }

    /// All parts joined along the channels.
    func joined(_ parts: [Tensor]) -> Tensor {
        parts.dropFirst().reduce(parts[0]) { backend.concatenated($0, $1) }
    }

    /// Grey images in three equal channels; coloured ones as they are.
    func coloured(_ x: Tensor) -> Tensor { x.shape[3] == 1 ? joined([x, x, x]) : x }

    /// Images resized to `side`×`side` by linear interpolation between the centres of pixels, without anti-aliasing:
    /// PyTorch's `interpolate(mode="bilinear", align_corners=False)`.
    func resized(_ x: Tensor, _ side: Int) -> Tensor {
        let (count, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let rows = Interpolation(height, side)
        let tall = rows.applied(x.reshaped([count * height, width * channels]), lines: count, backend)
        let columns = Interpolation(width, side)
        return columns.applied(tall.reshaped([count * side * width, channels]), lines: count * side, backend)
            .reshaped([count, side, side, channels])
    }
}

/// The pixels that a kernel sees of each place of its result.
private struct Windows {
    /// What stands for a pixel outside of the image.
    enum Border { case zeros, nearest }

    let input, output: Shape
    /// Rows and columns that are looked at, for each row or column of the result; some lie outside of the image.
    private let rows, columns: [[Int]]

    init(_ input: Shape, height: Int = 3, width: Int = 3, stride: Int = 1, isSame: Bool = true) {
        func lines(_ extent: Int, _ kernel: Int) -> [[Int]] {
            let padding = isSame ? kernel / 2 : 0
            let count = (extent + 2 * padding - kernel) / stride + 1
            return (0..<count).map { line in (0..<kernel).map { line * stride + $0 - padding } }
        }
        self.input = input
        (rows, columns) = (lines(input[1], height), lines(input[2], width))
        output = [input[0], rows.count, columns.count, input[3]]
    }

    /// How many pixels of the image each window holds, `[N·H·W]`.
    var counts: [Int] {
        let (height, width) = (input[1], input[2])
        let one = rows.flatMap { ys in
            columns.map { xs in
                ys.count { (0..<height).contains($0) } * xs.count { (0..<width).contains($0) }
            }
        }
        return (0..<input[0]).flatMap { _ in one }
    }

    /// The pixels of all windows, `[N·H·W·kh·kw, C]`.
    func gathered(_ x: Tensor, _ backend: any Backend, border: Border) -> Tensor {
        let (count, height, width, channels) = (input[0], input[1], input[2], input[3])
        let outside = count * height * width
        var flat = x.reshaped([outside, channels])
        if border == .zeros {
            let zeros = backend.allocate([1, channels], x.type)
            backend.fill(zeros, with: 0)
            flat = backend.stacked([flat, zeros])
        }
        var indices: [Int] = []
        indices.reserveCapacity(count * rows.count * columns.count * rows[0].count * columns[0].count)
        for image in 0..<count {
            for ys in rows {
                for xs in columns {
                    for y in ys {
                        for x in xs {
                            let isInside = (0..<height).contains(y) && (0..<width).contains(x)
                            let nearest = min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)
                            indices.append(
                                isInside || border == .nearest ? image * height * width + nearest : outside)
                        }
                    }
                }
            }
        }
        return backend.gatherRows(flat, indices)
    }
}

/// Linear interpolation along an axis.
private struct Interpolation {
    private let extent: Int
    /// The two lines that each line of the result lies between, and the weight of the second.
    private let first, second: [Int]
    private let weights: [Double]

    init(_ extent: Int, _ side: Int) {
        self.extent = extent
        let places = (0..<side).map { max((Double($0) + 0.5) * Double(extent) / Double(side) - 0.5, 0) }
        first = places.map { min(Int($0), extent - 1) }
        second = first.map { min($0 + 1, extent - 1) }
        weights = zip(places, first).map { $0 - Double($1) }
    }

    /// `[lines·extent, …]` to `[lines·side, …]`.
    func applied(_ x: Tensor, lines: Int, _ backend: any Backend) -> Tensor {
        func part(_ places: [Int], _ weights: [Double]) -> Tensor {
            let indices = (0..<lines).flatMap { line in places.map { line * extent + $0 } }
            let factors = (0..<lines).flatMap { _ in weights }
            return backend.combine(
                .multiply, backend.gatherRows(x, indices),
                backend.tensor(factors, [factors.count], .float64), .rows)
        }
        return backend.combine(
            .add, part(first, weights.map { 1 - $0 }), part(second, weights), .elementwise)
    }
}
