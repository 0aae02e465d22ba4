import CKernels

extension CPUBackend {
    public func globalMaxPool(_ x: Tensor) -> (y: Tensor, winners: Tensor) {
        let (images, pixels, channels) = extents(x.shape)
        precondition(pixels > 0, "maximum over no pixels: \(x.shape)")
        let y = allocate([images, channels], x.type)
        let winners = allocate(y.shape, .int32)
        forImages(images, size: pixels * channels) { i in
            fc_global_max(
                x.code, x.bytes(at: i * pixels * channels), y.bytes(at: i * channels),
                winners.integers + i * channels, pixels, channels)
        }
        return (y, winners)
    }

    public func globalMaxPoolGradient(_ dy: Tensor, winners: Tensor, shape: Shape) -> Tensor {
        let (images, pixels, channels) = extents(shape)
        precondition(
            dy.shape == [images, channels] && winners.count == dy.count, "gradient \(dy.shape) of \(shape)")
        let dx = allocate(shape, dy.type)
        forImages(images, size: pixels * channels) { i in
            fc_global_max_gradient(
                dy.code, dy.bytes(at: i * channels), winners.integers + i * channels,
                dx.bytes(at: i * pixels * channels), pixels, channels)
        }
        return dx
    }

    public func globalMeanPool(_ x: Tensor) -> Tensor {
        let (images, pixels, channels) = extents(x.shape)
        let y = allocate([images, channels], x.type)
        forImages(images, size: pixels * channels) { i in
            fc_global_mean(
                x.code, x.bytes(at: i * pixels * channels), y.bytes(at: i * channels), pixels, channels)
        }
        return y
    }

    public func globalMeanPoolGradient(_ dy: Tensor, shape: Shape) -> Tensor {
        let (images, pixels, channels) = extents(shape)
        precondition(dy.shape == [images, channels], "gradient \(dy.shape) of \(shape)")
        let dx = allocate(shape, dy.type)
        forImages(images, size: pixels * channels) { i in
            fc_global_mean_gradient(
                dy.code, dy.bytes(at: i * channels), dx.bytes(at: i * pixels * channels), pixels, channels)
        }
        return dx
    }

    public func maxPool(_ x: Tensor) -> (y: Tensor, winners: Tensor) {
        precondition(x.shape.rank == 4, "pool of \(x.shape)")
        let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
        let y = allocate([x.shape[0], height / 2, width / 2, channels], x.type)
        let winners = allocate(y.shape, .int32)
        forImages(x.shape[0], size: x.shape.rowCount) { i in
            fc_max_pool(
                x.code, x.bytes(at: i * x.shape.rowCount), y.bytes(at: i * y.shape.rowCount),
                winners.integers + i * y.shape.rowCount, height, width, channels)
        }
        return (y, winners)
    }

    public func maxPoolGradient(_ dy: Tensor, winners: Tensor, shape: Shape) -> Tensor {
        precondition(
            shape.rank == 4 && dy.shape == [shape[0], shape[1] / 2, shape[2] / 2, shape[3]]
                && winners.count == dy.count, "gradient \(dy.shape) of \(shape)")
        let dx = allocate(shape, dy.type)
        forImages(shape[0], size: shape.rowCount) { i in
            fc_max_pool_gradient(
                dy.code, dy.bytes(at: i * dy.shape.rowCount), winners.integers + i * dy.shape.rowCount,
                dx.bytes(at: i * shape.rowCount), shape[1], shape[2], shape[3])
        }
        return dx
    }

    private func extents(_ s: Shape) -> (images: Int, pixels: Int, channels: Int) {
        precondition(s.rank == 4, "pool of \(s)")
        return (s[0], s[1] * s[2], s[3])
    }

    private func forImages(_ count: Int, size: Int, _ body: (Int) -> Void) {
        policy.forRanges(count, grain: max(1, ThreadPolicy.grain / max(size, 1))) { range in
            for image in range { body(image) }
        }
    }
}
