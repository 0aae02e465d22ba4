import System

/// The arrays of an `.npz` file or a folder of `.npy` files, by the part of the data they belong to.
struct NumPyParts {
    struct Place: Sendable {
        let set: Int
        let index: Int
    }
    struct ImageSet {
        let images: NumPyImageArray
        /// A class each, or −1.
        let labels: [Int]
    }

    private(set) var sets: [ImageSet] = []
    private(set) var catalogue = Catalogue<Place>()

    private enum Part: String, CaseIterable { case all, train, val, test }

    /// - Throws: `UserError(.missing)`, or `UserError(.data)` for arrays that cannot be read, with what to save instead.
    init(_ archive: NumPyArchive, headersOnly: Bool = false) throws(UserError) {
        for part in Part.allCases {
            guard let name = Self.name(["x", "images"], part, archive) else { continue }
            let images = try NumPyImageArray(
                try archive.array(name, headerOnly: headersOnly), name: name, file: archive.place)
            let labels = try Self.labels(part, images, archive)
            try add(part, images, labels, archive.place)
        }
        guard !catalogue.train.isEmpty || !catalogue.unlabelled.isEmpty else {
            throw UserError(
                .data,
                "holds no array `x`, `images` or `x_train`, only \(archive.names.joined(separator: ", "))",
                at: archive.place, advice: "save it as numpy.savez('data.npz', x=images, y=labels)")
        }
        try finish(at: archive.place)
    }

    /// The array that is called one of `words`, with the part's name.
    private static func name(_ words: [String], _ part: Part, _ archive: NumPyArchive) -> String? {
        candidates(words, part).first(where: archive.names.contains) ?? (part == .all ? archive.only : nil)
    }

    private static func candidates(_ words: [String], _ part: Part) -> [String] {
        words.flatMap { word in
            part == .all ? [word] : ["\(word)_\(part.rawValue)", "\(part.rawValue)_\(word)"]
        }
    }

    /// Whether a file of this name belongs to others in its folder.
    static func isConventional(_ name: String) -> Bool {
        Part.allCases.contains { candidates(["x", "images", "y", "labels"], $0).contains(name) }
    }

    private static func labels(
        _ part: Part, _ images: NumPyImageArray, _ archive: NumPyArchive
    ) throws(UserError) -> [Int] {
        guard let name = name(["y", "labels"], part, archive), name != images.name else {
            return [Int](repeating: ImageDataset.unlabelled, count: images.count)
        }
        let array = try archive.array(name)
        func refuse(_ what: String, _ advice: String) -> UserError {
            UserError(.data, "\(name) \(what)", at: archive.place, advice: advice)
        }
        guard array.shape.count < 2 || array.shape.dropFirst().allSatisfy({ $0 == 1 }) else {
            throw refuse("has the shape \(array.shape), not one label an image", "save \(name).argmax(1)")
        }
        guard let labels = array.integers() else {
            throw refuse("holds numbers of type \(array.type), no integers", "save \(name).astype('int64')")
        }
        guard labels.count == images.count else {
            throw refuse(
                "has \(counted(labels.count, "label")) for \(counted(images.count, "image"))",
                "save one for each")
        }
        let largest = ImageDataset.largestClassCount - 1
        if let wrong = labels.firstIndex(where: { $0 > largest }) {
            throw refuse(
                "has label \(labels[wrong]) for image \(wrong), more than \(largest)",
                "number the classes from 0")
        }
        return labels.map { max($0, ImageDataset.unlabelled) }
    }

    private mutating func add(
        _ part: Part, _ images: NumPyImageArray, _ labels: [Int], _ place: String
    ) throws(UserError) {
        if let first = sets.first?.images,
            (first.height, first.width, first.channels) != (images.height, images.width, images.channels)
        {
            throw UserError(
                .data, "\(first.name) and \(images.name) hold images of different shapes", at: place,
                advice: "give them one shape")
        }
        let entries = labels.indices.map { index in
            Catalogue<Place>.Entry(item: Place(set: sets.count, index: index), label: labels[index])
        }
        sets.append(ImageSet(images: images, labels: labels))
        switch part {
        case .all, .train: catalogue.train += entries
        case .val: catalogue.heldOut += entries
        case .test: catalogue.test = (catalogue.test ?? []) + entries
        }
    }

    private mutating func finish(at place: String) throws(UserError) {
        let classes = (sets.flatMap(\.labels).max() ?? -1) + 1
        catalogue.classNames = (0..<classes).map(String.init)
        try catalogue.separateUnlabelled(at: place)
    }
}
