import Tensors

extension Backend {
    /// Max-pools feature maps to a grid of a fixed size: `[N, H, W, C]` → `[N, g·g·C]`, cell by cell, with g = `grid`, or
    /// the map's extent where that is smaller.
    ///
    /// Cell i of an axis of length H takes pixels ⌊iH/g⌋ ..< ⌈(i + 1)H/g⌉: halves and quarters of 8 and 16, and windows
    /// of 2 that overlap by one pixel for the 6×6 maps of Conv-small, as PyTorch's adaptive pooling has them.
    public func gridMaxPooled(_ x: Tensor, grid: Int) -> Tensor {
        precondition(x.shape.rank == 4 && grid > 0, "grid of \(x.shape)")
        let (count, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let (rows, columns) = (PoolingWindows(height, grid), PoolingWindows(width, grid))
        let cells = rows.starts.count * columns.starts.count
        if cells == height * width { return x.reshaped([count, cells * channels]) }
        let pixels = rows.windows.flatMap { ys in
            columns.windows.flatMap { xs in ys.flatMap { y in xs.map { y * width + $0 } } }
        }
        let indices = (0..<count).flatMap { image in pixels.map { image * height * width + $0 } }
        let windows = gatherRows(x.reshaped([count * height * width, channels]), indices)
            .reshaped([count * cells, rows.length, columns.length, channels])
        return globalMaxPool(windows).y.reshaped([count, cells * channels])
    }
}

/// The windows of one axis, all of one length: shorter ones repeat their last pixel, which moves no maximum.
private struct PoolingWindows {
    let starts: [Int]
    let ends: [Int]

    init(_ extent: Int, _ grid: Int) {
        let cells = min(grid, extent)
        starts = (0..<cells).map { $0 * extent / cells }
        ends = (0..<cells).map { (($0 + 1) * extent + cells - 1) / cells }
    }

    var length: Int { zip(starts, ends).map { $1 - $0 }.max() ?? 0 }

    var windows: [[Int]] {
        zip(starts, ends).map { start, end in (0..<length).map { min(start + $0, end - 1) } }
    }
}
