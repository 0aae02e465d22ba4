/// Tensors of several ranks.
extension Backend {
    /// The rows of all ranks, in order of ranks: `[N, …]` of each → `[size·N, …]`.
    public func gathered(_ x: Tensor) -> Tensor {
        guard world.size > 1 else { return x }
        let all = allocate(x.shape.replacingFirst(with: x.shape.first * world.size), x.type)
        withBytes(of: x) { own in
            withBytes(of: all) { all in
                world.exchange(own.count * (world.size - 1)) {
                    world.communicator.allGather(UnsafeRawBufferPointer(own), all)
                }
            }
        }
        return all
    }

    /// Adds the tensors of one shape in the order of a binary tree, ((0 + 1) + (2 + 3)) + …, over the shards of all ranks, in place
    /// of the first. Every rank then has the same bits.
    public func addShards(_ own: [Tensor]) -> Tensor {
        precondition(own.count == world.own.count, "\(own.count) tensors for \(world.own.count) shards")
        addTree(own)
        if world.size > 1 { addRanks(own[0]) }
        return own[0]
    }

    /// The sum of all tensors to the first of them.
    private func addTree(_ parts: [Tensor]) {
        var step = 1
        while step < parts.count {
            for first in stride(from: 0, to: parts.count - step, by: 2 * step) {
                accumulate(parts[first + step], into: parts[first], scale: 1)
            }
            step *= 2
        }
    }

    /// The sum over ranks, in place: each rank adds a part of all ranks' numbers and hands the sum round.
    private func addRanks(_ x: Tensor) {
        let size = world.size
        // A part is a multiple of 16 numbers, which is a cache line.
        let part = ((x.count + size - 1) / size + 15) / 16 * 16
        let out = zeros([part * size], x.type)
        copy(x, into: out.view(from: 0, shape: x.shape))
        let parts = allocate([part * size], x.type)
        withBytes(of: out) { out in
            withBytes(of: parts) { parts in
                world.exchange(out.count / size * (size - 1)) {
                    world.communicator.allToAll(UnsafeRawBufferPointer(out), parts)
                }
            }
        }
        addTree((0..<size).map { parts.view(from: $0 * part, shape: [part]) })
        let sum = gathered(parts.view(from: 0, shape: [part]))
        copy(sum.view(from: 0, shape: x.shape), into: x)
    }

    /// The numbers of rank 0 to all, in place.
    public func shareFirst(_ x: Tensor) {
        guard world.size > 1 else { return }
        withBytes(of: x) { world.broadcast($0) }
    }
}
