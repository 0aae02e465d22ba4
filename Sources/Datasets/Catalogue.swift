import System
import Tensors

/// The examples that a source has found, before any is decoded. An item is what decoding takes: a path, or a position.
struct Catalogue<Item: Sendable>: Sendable {
    struct Entry: Sendable {
        let item: Item
        /// A class, or −1.
        let label: Int
    }

    var classNames: [String] = []
    /// Labelled training examples, or, where there are no classes, all of them.
    var train: [Entry] = []
    /// Further training examples without a label.
    var unlabelled: [Item] = []
    /// Examples that the source holds out of training.
    var heldOut: [Entry] = []
    /// nil where the source has no test part: a share of ``train`` is then kept for it.
    var test: [Entry]?
    var notices: [String] = []

    /// Decodes everything on all processors, each set in an order drawn by seed: files come class by class, and whoever takes
    /// the first images of a set wants some of all.
    /// - Parameter decode: the pixels of an item, `[options.size, options.size, channels]`.
    /// - Throws: `UserError(.recipe)` for settings that these examples do not allow; what `decode` throws for the first item.
    func pair(
        _ name: String, at place: String, _ options: DatasetOptions,
        decode: @Sendable (Item) throws(UserError) -> [UInt8]
    ) throws(UserError) -> DataPair {
        try checkClassCount(at: place)
        var (train, test) = (train, test ?? [])
        var notices = notices
        if self.test == nil { (train, test) = try divided(options, at: place, &notices) }
        train += unlabelled.map { Entry(item: $0, label: ImageDataset.unlabelled) }
        let ordinary = train.count
        train += heldOut
        let order = order(train.count, lane: 0, options)
        let heldOut = order.indices.filter { order[$0] >= ordinary }
        func set(_ entries: [Entry], _ part: String, _ heldOut: [Int]) throws(UserError) -> ImageDataset {
            let size = options.size * options.size * (options.channels ?? 3)
            return ImageDataset(
                name: "\(name) \(part)", height: options.size, width: options.size,
                channels: options.channels ?? 3, classNames: classNames,
                pixels: try pixels(entries, size, decode),
                labels: entries.map(\.label), files: files(entries.map(\.item), at: place),
                heldOut: heldOut)
        }
        return DataPair(
            train: try set(order.map { train[$0] }, "train", heldOut),
            test: try set(self.order(test.count, lane: 1, options).map { test[$0] }, "test", []),
            notices: notices)
    }

    /// The pixels of all entries, `size` numbers each, one after the other.
    private func pixels(
        _ entries: [Entry], _ size: Int, _ decode: @Sendable (Item) throws(UserError) -> [UInt8]
    ) throws(UserError) -> [UInt8] {
        var failure: UserError?
        let pixels = [UInt8](unsafeUninitializedCapacity: entries.count * size) { buffer, filled in
            // Each call writes the bytes of its own entry.
            nonisolated(unsafe) let memory = UnsafeMutableRawBufferPointer(buffer)
            do throws(UserError) {
                try Parallel.forEach(entries.count, threads: Device.standard.availableProcessors) {
                    index throws(UserError) in
                    let image = try decode(entries[index].item)
                    precondition(image.count == size)
                    image.withUnsafeBytes {
                        UnsafeMutableRawBufferPointer(rebasing: memory[index * size..<(index + 1) * size])
                            .copyMemory(from: $0)
                    }
                }
                filled = entries.count * size
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return pixels
    }

    /// The items' files below the source, or beside a source that is a file itself; empty for items that are no files.
    private func files(_ items: [Item], at place: String) -> [String] {
        guard let paths = items as? [String] else { return [] }
        let folder = place.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
            separator: "/")
        let roots = [place, folder].map { Array("\($0)/".utf8) }
        return paths.map { path in
            let root = roots.first { path.utf8.starts(with: $0) }
            return root.map { String(path.utf8.dropFirst($0.count)) ?? path } ?? path
        }
    }

    /// Moves training examples without a label out of ``train``, unless none has one.
    /// - Throws: `UserError(.data)` for examples to test or choose settings on that lack a label, where others have one.
    mutating func separateUnlabelled(at place: String) throws(UserError) {
        guard !classNames.isEmpty else { return }
        unlabelled += train.filter { $0.label < 0 }.map(\.item)
        train.removeAll { $0.label < 0 }
        for (part, entries) in [("test", test ?? []), ("held-out", heldOut)] {
            let count = entries.count { $0.label < 0 }
            guard count == 0 else {
                throw UserError(
                    .data, "\(counted(count, "\(part) image")) without a label can test no classifier",
                    at: place,
                    advice: "label them, or make them training images")
            }
        }
    }

    private func order(_ count: Int, lane: Int, _ options: DatasetOptions) -> [Int] {
        var stream = RandomStream(
            RandomKey(seed: options.seed, purpose: .split, step: SplitStep.order, lane: lane))
        return stream.permutation(count)
    }

    private func checkClassCount(at place: String) throws(UserError) {
        guard classNames.count <= ImageDataset.largestClassCount else {
            throw UserError(
                .data, "has \(classNames.count) classes, more than \(ImageDataset.largestClassCount)",
                at: place,
                advice: "merge classes, or leave some out")
        }
    }

    /// Keeps examples of every class, in proportion, for testing, but leaves each class one to train on.
    private func divided(
        _ options: DatasetOptions, at place: String, _ notices: inout [String]
    ) throws(UserError) -> (train: [Entry], test: [Entry]) {
        let groups = (classNames.isEmpty ? [ImageDataset.unlabelled] : Array(classNames.indices)).map {
            label in
            train.indices.filter { train[$0].label == label }
        }
        let count = options.testCount ?? Int((options.testShare * Double(train.count)).rounded())
        guard count < train.count else {
            throw UserError(
                .recipe, "has \(train.count) images, of which \(count) cannot be for testing", at: place,
                advice: "lower data.test or data.test-share")
        }
        var kept = Set<Int>()
        let seats = testSeats(count, among: groups.map(\.count))
        if seats.reduce(0, +) < count {
            notices.append(
                "\(seats.reduce(0, +)) images instead of \(count) test: every class keeps one to train on")
        }
        for (lane, (group, seats)) in zip(groups, seats).enumerated() {
            var stream = RandomStream(
                RandomKey(seed: options.seed, purpose: .split, step: SplitStep.testShare, lane: lane))
            kept.formUnion(stream.permutation(group.count).prefix(seats).map { group[$0] })
        }
        return (
            train.indices.filter { !kept.contains($0) }.map { train[$0] }, kept.sorted().map { train[$0] }
        )
    }
}

extension DatasetOptions {
    /// - Throws: `UserError(.recipe)` where no images can be made so.
    func checkSizes(of source: String) throws(UserError) {
        let channels = channels ?? 3
        guard (1...1024).contains(size), channels == 1 || channels == 3, (0..<1).contains(testShare),
            testCount ?? 0 >= 0
        else {
            throw UserError(
                .recipe,
                "\(source) cannot make \(size)x\(size)x\(channels) images with test share \(testShare)",
                advice: "use a size in 1...1024, 1 or 3 channels, and a share in 0..<1")
        }
    }
}
