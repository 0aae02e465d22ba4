import System

/// What a folder holds, without the files that operating systems and programs leave everywhere.
struct FolderListing {
    /// The entries in the order of the names' bytes.
    private(set) var entries: [Files.Entry] = []
    /// How many names are hidden or litter.
    private(set) var litter = 0

    /// Lower-case names of what Windows, macOS and photo programs leave behind, beside hidden files.
    private static let litterNames: Set<String> = [
        "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "icon\\x0d",
        "lost+found", "system volume information", "picasa.ini",
    ]

    /// - Throws: `UserError(.missing)` when the folder cannot be listed.
    init(_ path: String) throws(UserError) {
        for entry in try Files.entries(path) {
            if entry.name.utf8.first == UInt8(ascii: ".")
                || Self.litterNames.contains(entry.name.lowercased())
            {
                litter += 1
            } else {
                entries.append(entry)
            }
        }
    }

    var folders: [String] { entries.filter(\.isFolder).map(\.name) }
    var files: [String] { entries.filter { !$0.isFolder }.map(\.name) }
    var pictures: [String] { files.filter(Picture.isNamed) }
    var otherFiles: [String] { files.filter { !Picture.isNamed($0) } }
}

/// The pictures in a folder and the folders below it, and what else was there.
struct PictureWalk {
    /// Paths, folder by folder in the order of their names' bytes.
    private(set) var pictures: [String] = []
    /// Paths of files that are no pictures by their names.
    private(set) var otherFiles: [String] = []
    /// Paths of links to folders, which are not followed: they may lead back.
    private(set) var links: [String] = []
    private(set) var litter = 0

    init() {}

    /// What the folder at `path` and the folders below it hold.
    /// - Throws: `UserError(.missing)` when a folder cannot be listed.
    init(_ path: String) throws(UserError) { try add(path) }

    /// The same for a folder that should hold nothing but pictures.
    /// - Throws: also `UserError(.data)` naming a file that is none.
    init(pictures path: String) throws(UserError) {
        try add(path)
        guard let first = otherFiles.first else { return }
        throw UserError(
            .data,
            "is no picture that can be read (\(Picture.fileEndings.joined(separator: ", ")))"
                + (otherFiles.count > 1 ? ", nor are \(otherFiles.count - 1) more" : ""),
            at: first, advice: "convert or remove \(otherFiles.count > 1 ? "them" : "it")")
    }

    /// Adds what another walk has left out.
    mutating func add(_ other: PictureWalk) {
        litter += other.litter
        links += other.links
    }

    mutating func count(litterOf listing: FolderListing) { litter += listing.litter }

    private mutating func add(_ path: String) throws(UserError) {
        let listing = try FolderListing(path)
        litter += listing.litter
        for entry in listing.entries {
            let place = "\(path)/\(entry.name)"
            if !entry.isFolder {
                if Picture.isNamed(entry.name) { pictures.append(place) } else { otherFiles.append(place) }
            } else if Files.isLink(place) {
                links.append(place)
            } else {
                try add(place)
            }
        }
    }

    /// One line for each kind of thing that is left out.
    var notices: [String] {
        var lines: [String] = []
        if litter > 0 {
            lines.append("\(counted(litter, "hidden or system file")) (such as .DS_Store, Thumbs.db) skipped")
        }
        if let first = links.first {
            lines.append(
                "\(counted(links.count, "link")) to folders not followed: \(abridged(first, links.count))")
        }
        return lines
    }
}

/// `1 image`, `2 images`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// The first of `count` things, and how many more there are.
func abridged(_ first: String, _ count: Int) -> String {
    count > 1 ? "\(first) and \(count - 1) more" : first
}
