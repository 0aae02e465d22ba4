import System

/// The folders of an image folder that hold images to train on, to test on and to choose settings by.
struct FolderLayout {
    /// Folders that are parts by their names, in capitals or not; all others are classes.
    private enum Part: String {
        case train, test, heldOut, unlabelled

        init?(_ name: String) {
            switch name.lowercased() {
            case "train", "training": self = .train
            case "test", "testing": self = .test
            case "val", "valid", "validation": self = .heldOut
            case "unlabelled", "unlabeled": self = .unlabelled
            default: return nil
            }
        }
    }

    private let top: String
    /// The folder of the training images' classes: `train`, or the whole folder where there is none.
    private(set) var train: String
    private(set) var heldOut: String?
    private(set) var test: String?
    private(set) var unlabelled: [String] = []
    private(set) var notices: [String] = []

    /// - Throws: `UserError(.missing)` when the folder cannot be listed, `UserError(.data)` for two folders that are the
    ///   same part.
    init(_ path: String) throws(UserError) {
        top = path
        let listing = try FolderListing(path)
        var parts: [Part: String] = [:]
        for name in listing.folders {
            guard let part = Part(name) else { continue }
            if part == .unlabelled {
                unlabelled.append("\(path)/\(name)")
            } else if let other = parts.updateValue("\(path)/\(name)", forKey: part) {
                throw UserError(
                    .data, "is the same part of the images as \(other)", at: "\(path)/\(name)",
                    advice: "merge the two folders")
            }
        }
        train = parts[.train] ?? path
        (heldOut, test) = (parts[.heldOut], parts[.test])
        guard let train = parts[.train] else { return }
        for name in try FolderListing(train).folders where Part(name) == .unlabelled {
            unlabelled.insert("\(train)/\(name)", at: 0)
        }
        let strangers = listing.folders.filter { Part($0) == nil } + listing.files
        if let first = strangers.first {
            notices.append("not read, since beside `\(train)`: \(abridged(first, strangers.count))")
        }
    }

    /// Whether the folder called `name` in `folder` is a part of the images and no class.
    func isPart(_ name: String, in folder: String) -> Bool {
        switch Part(name) {
        case nil: false
        case .unlabelled: folder == top || folder == train
        case .train, .test, .heldOut: folder == top
        }
    }
}
