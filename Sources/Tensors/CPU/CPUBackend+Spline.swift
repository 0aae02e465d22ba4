import CKernels

extension CPUBackend {
    public func spline(_ x: Tensor, _ parameters: Tensor, _ spline: RationalQuadraticSpline, inverse: Bool)
        -> (y: Tensor, logSlope: Tensor)
    {
        let (rows, size) = extents(x, parameters, spline)
        let (y, logSlope) = (allocateLike(x), allocate([rows], .float64))
        forRows(rows, size: size) { row in
            logSlope.doubles[row] = fc_spline(
                x.code, x.bytes(at: row * size), parameters.bytes(at: row * size * spline.parameters),
                y.bytes(at: row * size), size, spline.bins, spline.bound, inverse ? 1 : 0)
        }
        return (y, logSlope)
    }

    public func splineGradient(
        _ dy: Tensor, logSlope: Tensor, argument: Tensor, _ parameters: Tensor,
        _ spline: RationalQuadraticSpline, inverse: Bool
    ) -> (dx: Tensor, dparameters: Tensor) {
        let (rows, size) = extents(argument, parameters, spline)
        precondition(
            dy.count == argument.count && dy.type == argument.type && logSlope.count == rows,
            "gradients \(dy.shape) and \(logSlope.shape) of splines of \(argument.shape)")
        let (dx, dparameters) = (allocateLike(argument), allocateLike(parameters))
        forRows(rows, size: size) { row in
            let (at, rawAt) = (row * size, row * size * spline.parameters)
            fc_spline_gradient(
                argument.code, dy.bytes(at: at), logSlope.doubles[row], argument.bytes(at: at),
                parameters.bytes(at: rawAt), dx.bytes(at: at), dparameters.bytes(at: rawAt), size,
                spline.bins, spline.bound, inverse ? 1 : 0)
        }
        return (dx, dparameters)
    }

    private func extents(_ x: Tensor, _ parameters: Tensor, _ spline: RationalQuadraticSpline) -> (
        rows: Int, size: Int
    ) {
        precondition(
            parameters.count == x.count * spline.parameters && parameters.type == x.type,
            "\(parameters.type) \(parameters.shape) for splines of \(x.type) \(x.shape)")
        return (x.shape.first, x.shape.rowCount)
    }

    /// A spline of an element costs as much as some hundred products.
    private func forRows(_ rows: Int, size: Int, _ body: (Int) -> Void) {
        policy.forRanges(rows, grain: max(1, ThreadPolicy.grain / 128 / max(size, 1))) { range in
            for row in range { body(row) }
        }
    }
}
