import CKernels

/// A vector along the channels, repeated so that kernels loop over long rows even where a pixel has few
/// channels, and the size of chunks that are whole rows of it.
struct WideChannels {
    let values: Tensor
    let period: Int
    let grain: Int
}

extension CPUBackend {
    /// The length of repeated channels, and the elements of a chunk: whole rows, of fixed size.
    func widePeriod(_ channels: Int) -> (period: Int, grain: Int) {
        let channels = max(channels, 1)
        let period = channels < 64 ? channels * ((64 + channels - 1) / channels) : channels
        return (period, period * max(1, ThreadPolicy.grain / period))
    }

    /// `vector` `[C]` repeated to a wide period.
    func widened(_ vector: Tensor, for x: Tensor) -> WideChannels {
        let channels = vector.count
        let (period, grain) = widePeriod(channels)
        guard period > channels else { return WideChannels(values: vector, period: period, grain: grain) }
        let values = allocate([period], vector.type)
        fc_copy_rows(
            vector.bytes, 0, values.bytes, channels * vector.type.byteCount, channels * vector.type.byteCount,
            period / channels)
        return WideChannels(values: values, period: period, grain: grain)
    }

    /// `width` float64 sums per channel of `x`: `body` gets a range of elements and zeroed partial sums, the
    /// first `period` numbers for the first sum, and so on. Element i of a range is of channel i mod period.
    func channelSums(
        _ x: Tensor, width: Int = 1, _ body: (Range<Int>, UnsafeMutablePointer<Double>, Int) -> Void
    ) -> [[Double]] {
        let channels = x.shape.last
        let (period, grain) = widePeriod(channels)
        let wide = policy.sums(x.count, grain: grain, width: width * period) { body($0, $1, period) }
        return (0..<width).map { part in
            (0..<channels).map { channel in
                stride(from: part * period + channel, to: (part + 1) * period, by: channels)
                    .reduce(0) { $0 + wide[$1] }
            }
        }
    }

    public func sum(_ x: Tensor, _ reduction: Reduction) -> Tensor {
        switch reduction {
        case .all:
            let total = policy.sums(x.count, grain: ThreadPolicy.grain, width: 1) { range, partial in
                partial[0] = fc_sum(x.code, x.bytes(at: range.lowerBound), range.count)
            }
            return tensor(total, [1], .float64)
        case .rows: return rowSums(x)
        case .channels:
            let sums = channelSums(x) { range, partial, period in
                fc_sum_channels(x.code, x.bytes(at: range.lowerBound), partial, range.count, period)
            }
            return tensor(sums[0], [x.shape.last], x.type == .float64 ? .float64 : real)
        }
    }

    private func rowSums(_ x: Tensor) -> Tensor {
        let (rows, size) = (x.shape.first, x.shape.rowCount)
        let y = allocate([rows], .float64)
        policy.forRanges(rows, grain: max(1, ThreadPolicy.grain / max(size, 1))) { range in
            for row in range { y.doubles[row] = fc_sum(x.code, x.bytes(at: row * size), size) }
        }
        return y
    }

    public func moments(_ x: Tensor) -> (mean: Tensor, variance: Tensor) {
        precondition(x.count > 0, "moments of \(x.shape)")
        let channels = x.shape.last
        let count = Double(x.count / channels)
        // Deviations from the first pixel: the sum of squares then loses nothing to a large mean.
        let first = cast(x.view(from: 0, shape: [channels]), to: .float64)
        let shift = widened(first, for: x).values
        let sums = channelSums(x, width: 2) { range, partial, period in
            fc_moments_channels(
                x.code, x.bytes(at: range.lowerBound), shift.doubles, partial, partial + period, range.count,
                period)
        }
        let means = sums[0].map { $0 / count }
        let variances = zip(sums[1], means).map { max(0, $0 / count - $1 * $1) }
        let type = x.type == .float64 ? ScalarType.float64 : real
        return (
            tensor(zip(means, doubles(first)).map(+), [channels], type), tensor(variances, [channels], type)
        )
    }

    public func logSumExp(_ x: Tensor) -> Tensor {
        precondition(x.shape.rank == 2, "logSumExp of \(x.shape)")
        let (rows, columns) = (x.shape[0], x.shape[1])
        let y = allocate([rows], .float64)
        policy.forRanges(rows, grain: max(1, 4096 / max(columns, 1))) { range in
            fc_log_sum_exp(
                x.doubles + range.lowerBound * columns, y.doubles + range.lowerBound, range.count, columns)
        }
        return y
    }
}
