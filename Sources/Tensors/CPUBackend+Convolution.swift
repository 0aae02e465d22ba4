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
        guard y.count > 0 else { return allocate(shape.output, output) }
        if let oneDNN {
            oneDNN.convolution(x, weights, bias: bias, shape, slope: slope, into: y)
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
        // oneDNN 2.6.3 on AMX: bfloat16 1×1 input gradients of odd channel counts are wrong on some image sizes, 5×6 for one.
        let isTrusted = convolution.fanIn > convolution.inputs || convolution.outputs % 2 == 0
        let type = isTrusted ? dy.type : .float32
        let dx = allocate(shape, type)
        if dx.count > 0 { oneDNN.inputGradient(cast(dy, to: type), weights, convolution, into: dx) }
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
            oneDNN.weightGradient(x, dy, convolution, into: dw)
        } else {
            weightGradientByColumns(cast(x, to: .float32), cast(dy, to: .float32), convolution, into: dw)
        }
        return dw
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
