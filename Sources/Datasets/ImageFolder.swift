import System

/// Pictures in folders, one folder a class, resized and centre-cropped to one size.
///
/// Layouts: `train/CLASS/*.jpg` and `test/CLASS/*.jpg`, with `val/CLASS/*.jpg` for held-out images; or `CLASS/*.jpg`
/// alone, a share of each class kept for testing; or `*.jpg` alone, without classes. Pictures in folders below a class
/// are of that class. Those of a folder `unlabelled`, at the top or in `train`, join the training set without a label.
/// Names of classes agree when they look the same, however their accents are encoded.
public enum ImageFolder: DatasetReader {
    public static let advice = "put them in one folder a class: CLASS/*.jpg"

    /// - Throws: `UserError(.missing)` when the folder holds no images, `UserError(.data)` naming the first file that is
    ///   no sound picture, `UserError(.recipe)` for impossible settings.
    public static func load(
        _ path: String, _ options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        try catalogue(path).pair("image-folder", at: path, options) { picture throws(UserError) in
            try Picture.read(picture).thumbnail(size: options.size, channels: options.channels ?? 3)
        }
    }

    public static func inspect(_ path: String) throws(UserError) -> DatasetInspection {
        DatasetInspection(.imageFolder, path, of: try catalogue(path))
    }

    private static func catalogue(_ path: String) throws(UserError) -> Catalogue<String> {
        let layout = try FolderLayout(path)
        var walk = PictureWalk()
        let train = try ClassFolders(layout.train, layout, &walk)
        guard !train.entries.isEmpty else {
            throw UserError(.missing, "holds no pictures", at: layout.train, advice: advice)
        }
        var catalogue = Catalogue<String>(classNames: train.names, train: train.entries)
        if let test = layout.test { catalogue.test = try part(test, train.names, layout, &walk) }
        if let folder = layout.heldOut { catalogue.heldOut = try part(folder, train.names, layout, &walk) }
        for folder in layout.unlabelled {
            let found = try PictureWalk(pictures: folder)
            catalogue.unlabelled += found.pictures
            walk.add(found)
        }
        catalogue.notices = layout.notices + train.notices + walk.notices
        return catalogue
    }

    /// The images of a test or held-out folder, by the classes of the training images.
    private static func part(
        _ folder: String, _ names: [String], _ layout: FolderLayout, _ walk: inout PictureWalk
    ) throws(UserError) -> [Catalogue<String>.Entry] {
        let part = try ClassFolders(folder, layout, &walk)
        for name in part.names where !names.contains(name) {
            throw UserError(
                .data, "is a class that the training images lack", at: "\(folder)/\(name)",
                advice: "rename the folder, or add such a class in \(layout.train)")
        }
        guard !part.entries.isEmpty else {
            throw UserError(.missing, "holds no pictures", at: folder, advice: advice)
        }
        guard names.isEmpty || !part.names.isEmpty else {
            throw UserError(
                .data, "holds pictures without class folders, unlike \(layout.train)", at: folder,
                advice: "sort them into one folder a class")
        }
        let labels = part.names.map { name in names.firstIndex(of: name) ?? ImageDataset.unlabelled }
        return part.entries.map { entry in
            .init(item: entry.item, label: entry.label < 0 ? entry.label : labels[entry.label])
        }
    }
}

/// The classes in one folder, with their pictures.
private struct ClassFolders {
    private(set) var names: [String] = []
    private(set) var entries: [Catalogue<String>.Entry] = []
    private(set) var notices: [String] = []

    /// Adds to `walk` what is left out.
    init(_ root: String, _ layout: FolderLayout, _ walk: inout PictureWalk) throws(UserError) {
        let listing = try FolderListing(root)
        let folders = listing.folders.filter { !layout.isPart($0, in: root) }
        if folders.isEmpty {
            entries = listing.pictures.map { .init(item: "\(root)/\($0)", label: ImageDataset.unlabelled) }
        } else if let loose = listing.pictures.first {
            throw UserError(
                .data,
                "\(abridged(loose, listing.pictures.count)) beside the class folders belongs to no class",
                at: root, advice: "move such pictures into a class folder, or into `unlabelled`")
        }
        if let first = listing.otherFiles.first {
            notices.append(
                "not read, since no picture: \(abridged(first, listing.otherFiles.count)) in \(root)")
        }
        try checkLinks(root, folders)
        for folder in folders { try add(folder, in: root, &walk) }
        walk.count(litterOf: listing)
        hint(root, folders)
    }

    private mutating func add(_ name: String, in root: String, _ walk: inout PictureWalk) throws(UserError) {
        let found = try PictureWalk(pictures: "\(root)/\(name)")
        walk.add(found)
        // Swift compares text as people do: é is é, in one code point or in two.
        if let other = names.firstIndex(of: name) {
            notices.append(
                "\(names[other]): two folders of this name, in two encodings of its accents, are one class")
        } else {
            names.append(name)
        }
        let label = names.firstIndex(of: name) ?? 0
        entries += found.pictures.map { .init(item: $0, label: label) }
    }

    /// Links must lead neither back up, where every class would be found again, nor to one folder twice.
    private func checkLinks(_ root: String, _ folders: [String]) throws(UserError) {
        let above = Files.ancestors(of: root)
        var known: [Files.Identity: String] = [:]
        for path in folders.map({ "\(root)/\($0)" }) {
            guard let identity = Files.identity(path) else { continue }
            if above.contains(identity) {
                throw UserError(
                    .data, "is a link to a folder that it lies in", at: path, advice: "remove the link")
            }
            if let other = known.updateValue(path, forKey: identity) {
                throw UserError(
                    .data, "leads to the same folder as \(other)", at: path, advice: "remove one of the links"
                )
            }
        }
    }

    /// What unpacking an archive twice makes: the class folders lie one folder deeper.
    private mutating func hint(_ root: String, _ folders: [String]) {
        guard folders.count == 1, let only = folders.first,
            let below = try? FolderListing("\(root)/\(only)"), below.pictures.isEmpty, below.folders.count > 1
        else { return }
        notices.append(
            "all images are of one class, `\(only)`; if its folders are the classes, name \(root)/\(only)")
    }
}
