import CKernels

extension CPUBackend {
    public func tensor(_ values: [Float], _ shape: Shape, _ type: ScalarType) -> Tensor {
        precondition(values.count == shape.count, "\(values.count) values for \(shape)")
        let y = allocate(shape, .float32)
        y.floats.update(from: values, count: values.count)
        return type == .int32 ? integers(y) : cast(y, to: type)
    }

    public func tensor(_ values: [Double], _ shape: Shape, _ type: ScalarType) -> Tensor {
        precondition(values.count == shape.count, "\(values.count) values for \(shape)")
        let y = allocate(shape, .float64)
        y.doubles.update(from: values, count: values.count)
        return type == .int32 ? integers(y) : cast(y, to: type)
    }

    private func integers(_ x: Tensor) -> Tensor {
        let y = allocate(x.shape, .int32)
        for (i, value) in doubles(x).enumerated() { y.integers[i] = Int32(value) }
        return y
    }

    public func floats(_ x: Tensor) -> [Float] {
        if x.type == .int32 { return (0..<x.count).map { Float(x.integers[$0]) } }
        let y = cast(x, to: .float32)
        return Array(UnsafeBufferPointer(start: y.floats, count: y.count))
    }

    public func doubles(_ x: Tensor) -> [Double] {
        if x.type == .int32 { return (0..<x.count).map { Double(x.integers[$0]) } }
        let y = cast(x, to: .float64)
        return Array(UnsafeBufferPointer(start: y.doubles, count: y.count))
    }

    public func cast(_ x: Tensor, to type: ScalarType) -> Tensor {
        guard x.type != type else { return x }
        let y = allocate(x.shape, type)
        copy(x, into: y)
        return y
    }

    public func copy(_ x: Tensor, into y: Tensor) {
        precondition(x.count == y.count, "copy of \(x.shape) into \(y.shape)")
        policy.forRanges(x.count, grain: ThreadPolicy.grain) { range in
            let (from, to) = (x.bytes(at: range.lowerBound), y.bytes(at: range.lowerBound))
            if x.type == y.type {
                to.copyMemory(from: from, byteCount: range.count * x.type.byteCount)
            } else {
                fc_cast(x.code, from, y.code, to, range.count)
            }
        }
    }

    public func fill(_ y: Tensor, with value: Double) {
        policy.forRanges(y.count, grain: ThreadPolicy.grain) { range in
            let to = y.bytes(at: range.lowerBound)
            switch y.type {
            case .float32:
                to.assumingMemoryBound(to: Float.self).update(repeating: Float(value), count: range.count)
            case .float64:
                to.assumingMemoryBound(to: Double.self).update(repeating: value, count: range.count)
            case .int32:
                to.assumingMemoryBound(to: Int32.self).update(repeating: Int32(value), count: range.count)
            case .bfloat16:
                var (from, bits) = (value, UInt16(0))
                fc_cast(FC_F64, &from, FC_BF16, &bits, 1)
                to.assumingMemoryBound(to: UInt16.self).update(repeating: bits, count: range.count)
            }
        }
    }

    public func withBytes(of x: Tensor, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        body(UnsafeMutableRawBufferPointer(start: x.bytes, count: x.count * x.type.byteCount))
    }
}
