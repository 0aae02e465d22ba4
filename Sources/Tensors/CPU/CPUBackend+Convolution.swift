import CKernels

extension CPUBackend {
    public func convolution(
        _ x: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry, slope: Float?,
        output: ScalarType
    ) -> Tensor {
        let shape = ConvolutionShape(input: x.shape, weights: weights.shape, geometry)
        precondition(
            bias.map { $0.count == shape.outputs } ?? true, "bias of \(shape.outputs) channels is due")
        // bfloat16 results of float32 images are computed in float32: the images keep their precision.
        let type = x.type == .bfloat16 && oneDNN != nil ? output : .float32
        let y = allocate(shape.output, type)
        guard y.count > 0 else { return cast(y, to: output) }
        if let oneDNN {
            let narrow = NarrowConvolution(backend: self, library: oneDNN, shape: shape)
            if shape.hasNarrowInput {
                narrow.forward(x, weights, bias: bias, slope: slope, into: y)
            } else if shape.hasNarrowOutput {
                narrow.forwardOfAdjoint(x, weights, bias: bias, slope: slope, into: y)
            } else if shape.suitsWinograd && x.type == .float32 {
                WinogradConvolution(backend: self, library: oneDNN, shape: shape)
                    .forward(x, weights, bias: bias, slope: slope, into: y)
            } else if shape.isWideProduct && x.type == .float32 {
                product(
                    x.reshaped([x.count / shape.inputs, shape.inputs]),
                    weights.reshaped([shape.inputs, shape.outputs]), bias: bias, slope: slope,
                    into: y.reshaped([y.count / shape.outputs, shape.outputs]), oneDNN)
            } else {
                oneDNN.convolution(x, weights, bias: bias, shape, slope: slope, into: y)
            }
        } else {
            convolveColumns(cast(x, to: .float32), weights, bias: bias, shape, slope: slope, into: y)
        }
        return cast(y, to: output)
    }

    public func convolutionInputGradient(
        _ dy: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry, shape: Shape
    ) -> Tensor {
        let convolution = ConvolutionShape(input: shape, weights: weights.shape, geometry)
        precondition(dy.shape == convolution.output, "gradient \(dy.shape) of a result \(convolution.output)")
        guard let oneDNN else {
            let dx = allocate(shape, .float32)
            inputGradientByColumns(cast(dy, to: .float32), weights, convolution, into: dx)
            return cast(dx, to: dy.type)
        }
        guard shape.count > 0 else { return allocate(shape, dy.type) }
        if convolution.hasNarrowInput {
            let dx = allocate(shape, dy.type)
            NarrowConvolution(backend: self, library: oneDNN, shape: convolution)
                .inputGradient(dy, weights, into: dx)
            return dx
        }
        if convolution.adjointSuitsWinograd && dy.type == .float32 {
            let dx = allocate(shape, dy.type)
            WinogradConvolution(backend: self, library: oneDNN, shape: convolution.adjoint)
                .forward(dy, adjointWeights(weights, convolution, .float32), bias: nil, slope: nil, into: dx)
            return dx
        }
        if convolution.isWideProduct && dy.type == .float32 {
            let dx = allocate(shape, dy.type)
            product(
                dy.reshaped([dy.count / convolution.outputs, convolution.outputs]),
                weights.reshaped([convolution.inputs, convolution.outputs]), transposeB: true,
                into: dx.reshaped([dx.count / convolution.inputs, convolution.inputs]), oneDNN)
            return dx
        }
        // oneDNN 2.6.3 on AMX: bfloat16 1×1 input gradients of odd channel counts are wrong on some image
        // sizes, 5×6 for one.
        let isTrusted = convolution.fanIn > convolution.inputs || convolution.outputs % 2 == 0
        let dx = allocate(shape, isTrusted ? dy.type : .float32)
        oneDNN.inputGradient(cast(dy, to: dx.type), weights, convolution, into: dx)
        return cast(dx, to: dy.type)
    }

    public func convolutionWeightGradient(
        _ x: Tensor, _ dy: Tensor, _ geometry: ConvolutionGeometry, shape: Shape
    ) -> Tensor {
        let convolution = ConvolutionShape(input: x.shape, weights: shape, geometry)
        precondition(
            x.type == dy.type && dy.shape == convolution.output,
            "gradient \(dy.type) \(dy.shape) of a result \(convolution.output) of \(x.type)")
        let dw = allocate(shape, .float32)
        if x.count == 0 {
            fill(dw, with: 0)
        } else if let oneDNN {
            weightGradient(x, dy, convolution, oneDNN, into: dw)
        } else {
            weightGradientByColumns(cast(x, to: .float32), cast(dy, to: .float32), convolution, into: dw)
        }
        return dw
    }

    private func weightGradient(
        _ x: Tensor, _ dy: Tensor, _ s: ConvolutionShape, _ oneDNN: OneDNN, into dw: Tensor
    ) {
        let narrow = NarrowConvolution(backend: self, library: oneDNN, shape: s)
        if s.isProduct {
            product(
                x.reshaped([x.count / s.inputs, s.inputs]), dy.reshaped([dy.count / s.outputs, s.outputs]),
                transposeA: true, into: dw.reshaped([s.inputs, s.outputs]), oneDNN)
        } else if s.hasNarrowInput {
            narrow.weightGradient(x, dy, into: dw)
        } else if s.hasNarrowOutputGradient {
            narrow.weightGradientOfAdjoint(x, dy, into: dw)
        } else if oneDNNShares.isEmpty {
            oneDNN.weightGradient(x, dy, s, into: dw)
        } else {
            weightGradientByShares(x, dy, s, into: dw)
        }
    }

    /// Every thread sums over a share of the images. oneDNN's own threads wait for one another in loops that never
    /// yield: beside one more process on two processors a step took up to 40 times as long with them.
    private func weightGradientByShares(_ x: Tensor, _ dy: Tensor, _ s: ConvolutionShape, into dw: Tensor) {
        let grain = (s.images + threads - 1) / threads
        let shares = (s.images + grain - 1) / grain
        let partials = allocate([shares, dw.count], .float32)
        policy.forEach(shares) { share in
            let images = share * grain..<min((share + 1) * grain, s.images)
            let input = x.rows(images)
            oneDNNShares[share].weightGradient(
                input, dy.rows(images),
                ConvolutionShape(input: input.shape, weights: dw.shape, s.geometry),
                into: partials.rows(share..<share + 1))
        }
        addRows(partials, into: dw)
    }

    /// The sum of the rows of `partials` in their order, into `sum`.
    func addRows(_ partials: Tensor, into sum: Tensor) {
        copy(partials.view(from: 0, shape: sum.shape), into: sum)
        for row in stride(from: 1, to: partials.shape.first, by: 1) {
            accumulate(partials.view(from: row * sum.count, shape: sum.shape), into: sum, scale: 1)
        }
    }

    /// Weights of the adjoint of `s`, in `type`.
    func adjointWeights(_ weights: Tensor, _ s: ConvolutionShape, _ type: ScalarType) -> Tensor {
        let turned = allocate(s.adjoint.weights, type)
        let taps = s.kernelHeight * s.kernelWidth
        policy.forEach(taps) { tap in
            fc_flip_weights(turned.code, weights.floats, turned.bytes, taps, tap, s.inputs, s.outputs)
        }
        return turned
    }

    public func activationGradient(_ dy: Tensor, _ y: Tensor, slope: Float?, wantsBias: Bool) -> (
        dz: Tensor, bias: Tensor?
    ) {
        precondition(dy.count == y.count, "gradient \(dy.shape) of \(y.shape)")
        guard let slope else { return (dy, wantsBias ? sum(dy, .channels) : nil) }
        let y = cast(y, to: dy.type)
        let dz = allocateLike(dy)
        func gradient(_ r: Range<Int>, _ sums: UnsafeMutablePointer<Double>?, _ period: Int) {
            let at = r.lowerBound
            fc_activation_gradient(
                dy.code, dy.bytes(at: at), y.bytes(at: at), slope, dz.bytes(at: at), sums, r.count, period)
        }
        guard wantsBias else {
            policy.forRanges(dy.count, grain: ThreadPolicy.grain) { gradient($0, nil, 1) }
            return (dz, nil)
        }
        let sums = channelSums(dy) { gradient($0, $1, $2) }
        return (dz, tensor(sums[0], [dy.shape.last], real))
    }
}
