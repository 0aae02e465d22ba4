extension GlowConfiguration {
    /// Multiplications in the products of one density or sampling pass of one datum: coupling networks, 1×1 convolutions
    /// and split priors. A training step's arithmetic is three of these: forward, input gradient, weight gradient.
    public var multiplications: Int {
        var (pixels, channels, total) = (height * width, channels, 0)
        let window = isSpatial ? 9 : 1
        for level in 0..<levels {
            if isSpatial { (pixels, channels) = (pixels / 4, channels * 4) }
            let kept = channels / 2
            let moved = channels - kept
            let network = coupling.map { kind in
                window * kept * hidden + hidden * hidden + window * hidden * kind.map.parameters * moved
            }
            total += pixels * blocks * (channels * channels + (network ?? 0))
            guard level < levels - 1 else { continue }
            total += pixels * 9 * kept * 2 * moved
            channels = kept
        }
        return total
    }
}
