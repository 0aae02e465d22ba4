extension Picture {
    /// The largest centred square, resized to `size`×`size`: area average when shrinking, bilinear when enlarging.
    /// Grey is repeated to 3 channels, RGB becomes its Rec. 601 luma for 1.
    public func thumbnail(size: Int, channels wanted: Int) -> [UInt8] {
        precondition(size > 0 && (wanted == 1 || wanted == 3))
        let side = min(width, height)
        let top = (height - side) / 2
        let left = (width - side) / 2
        if side == size { return convert(centred(top, left, side), to: wanted) }
        let taps = Taps.resize(from: side, to: size)
        // Rows first: [side, size, channels], then columns.
        var narrow = [Float](repeating: 0, count: side * size * channels)
        var next = 0
        for row in 0..<side {
            let line = ((top + row) * width + left) * channels
            for tap in taps {
                for channel in 0..<channels {
                    narrow[next] = tap.sum { Float(pixels[line + $0 * channels + channel]) }
                    next += 1
                }
            }
        }
        let stride = size * channels
        var square = [Float](repeating: 0, count: size * stride)
        for (row, tap) in taps.enumerated() {
            for i in 0..<stride { square[row * stride + i] = tap.sum { narrow[$0 * stride + i] } }
        }
        return convert(square, to: wanted)
    }

    /// The square of `side` whose first pixel is at `top`, `left`: `[side, side, channels]`.
    private func centred(_ top: Int, _ left: Int, _ side: Int) -> [UInt8] {
        if (width, height) == (side, side) { return pixels }
        var square: [UInt8] = []
        for row in top..<top + side {
            let start = (row * width + left) * channels
            square += pixels[start..<start + side * channels]
        }
        return square
    }

    /// What `convert` of the same numbers as floats gives.
    private func convert(_ bytes: [UInt8], to wanted: Int) -> [UInt8] {
        channels == wanted ? bytes : convert(bytes.map(Float.init), to: wanted)
    }

    private func convert(_ values: [Float], to wanted: Int) -> [UInt8] {
        func byte(_ value: Float) -> UInt8 { UInt8(max(0, min(255, value.rounded()))) }
        if channels == wanted { return values.map(byte) }
        if wanted == 3 { return values.flatMap { [UInt8](repeating: byte($0), count: 3) } }
        return stride(from: 0, to: values.count, by: 3).map {
            byte(0.299 * values[$0] + 0.587 * values[$0 + 1] + 0.114 * values[$0 + 2])
        }
    }
}

/// The source positions that make one output position, with weights that sum to 1.
private struct Taps {
    let first: Int
    let weights: [Float]

    @inline(__always)
    func sum(_ value: (Int) -> Float) -> Float {
        var total: Float = 0
        for i in 0..<weights.count { total += weights[i] * value(first + i) }
        return total
    }

    /// One for each output position, with pixel centres at half-integers.
    static func resize(from source: Int, to target: Int) -> [Taps] {
        let scale = Double(source) / Double(target)
        return (0..<target).map { scale >= 1 ? area($0, scale, source) : bilinear($0, scale, source) }
    }

    /// Each source pixel weighs as much as of it lies inside the output pixel.
    private static func area(_ index: Int, _ scale: Double, _ source: Int) -> Taps {
        let low = Double(index) * scale
        let high = low + scale
        let first = Int(low)
        let last = max(first, min(source - 1, Int(high.rounded(.up)) - 1))
        let covered = (first...last).map { max(0, min(high, Double($0 + 1)) - max(low, Double($0))) }
        let total = covered.reduce(0, +)
        return Taps(first: first, weights: covered.map { Float($0 / total) })
    }

    private static func bilinear(_ index: Int, _ scale: Double, _ source: Int) -> Taps {
        let centre = max(0, min(Double(source - 1), (Double(index) + 0.5) * scale - 0.5))
        let first = min(Int(centre), max(0, source - 2))
        let fraction = Float(centre - Double(first))
        return source == 1
            ? Taps(first: 0, weights: [1]) : Taps(first: first, weights: [1 - fraction, fraction])
    }
}
