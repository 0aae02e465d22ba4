import System

/// Pictures named by a CSV file with the columns `path` and `label`, and, if it likes, `split`.
///
/// Paths are relative to the file. An empty label means an image without one. `split` is train, val or test; a file
/// without test images has a share kept for testing. Other columns are not read.
public enum LabelFile: DatasetReader {
    private static let name = "labels.csv"

    public static func load(
        _ path: String, _ options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        try catalogue(path).pair("csv", at: path, options) { picture throws(UserError) in
            try Picture.read(picture).thumbnail(size: options.size, channels: options.channels ?? 3)
        }
    }

    public static func inspect(_ path: String) throws(UserError) -> DatasetInspection {
        DatasetInspection(.csv, path, of: try catalogue(path))
    }

    /// `path` is the file, or the folder of a file called `labels.csv`.
    private static func catalogue(_ path: String) throws(UserError) -> Catalogue<String> {
        let file = Files.isFolder(path) ? "\(path)/\(name)" : path
        return try catalogue(try Files.read(file), file: file)
    }

    static func catalogue(_ bytes: [UInt8], file: String) throws(UserError) -> Catalogue<String> {
        let records = try CSVFile(bytes, file: file).records
        let columns = try Columns(records.first, file)
        let rows = try records.dropFirst().map { record throws(UserError) in try columns.row(record, file) }
        guard rows.contains(where: { $0.part == .train }) else {
            throw UserError(
                .data, "names no training images", at: file,
                advice: "add rows of a path and a label, such as `images/1.jpg,cat`")
        }
        let names = classNames(rows)
        let labels = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var catalogue = Catalogue<String>(classNames: names)
        var known: [String: Int] = [:]
        var test: [Catalogue<String>.Entry] = []
        for row in rows {
            if let line = known.updateValue(row.line, forKey: row.path) {
                throw UserError(
                    .data, "names the image of line \(line) again: \(row.path)", at: "\(file):\(row.line)",
                    advice: "remove one of the lines")
            }
            let label = row.label.flatMap { labels[$0] } ?? ImageDataset.unlabelled
            let entry = Catalogue<String>.Entry(item: row.path, label: label)
            switch row.part {
            case .train: catalogue.train.append(entry)
            case .val: catalogue.heldOut.append(entry)
            case .test: test.append(entry)
            }
        }
        catalogue.test = test.isEmpty ? nil : test
        try catalogue.separateUnlabelled(at: file)
        return catalogue
    }

    /// Every label once: whole numbers in their order, others in that of their bytes.
    private static func classNames(_ rows: [Row]) -> [String] {
        let names = Set(rows.compactMap(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let numbers = names.compactMap { Int($0) }
        guard numbers.count == names.count else { return names }
        return zip(numbers, names).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private struct Row {
        enum Part: String { case train, val, test }

        let line: Int
        let path: String
        /// Nil without one.
        let label: String?
        let part: Part
    }

    /// The position of each column in a record.
    private struct Columns {
        let path: Int
        let label: Int
        let split: Int?
        let count: Int

        init(_ header: CSVFile.Record?, _ file: String) throws(UserError) {
            let names = (header?.fields ?? []).map { PathText.text(of: $0).lowercased() }
            guard let path = names.firstIndex(of: "path"), let label = names.firstIndex(of: "label") else {
                throw UserError(
                    .data, "has no header with the columns path and label",
                    at: "\(file):\(header?.line ?? 1)",
                    advice: "begin it with the line `path,label` or `path,label,split`")
            }
            (self.path, self.label, split, count) = (path, label, names.firstIndex(of: "split"), names.count)
        }

        func row(_ record: CSVFile.Record, _ file: String) throws(UserError) -> Row {
            let place = "\(file):\(record.line)"
            guard record.fields.count == count else {
                throw UserError(
                    .data, "has \(counted(record.fields.count, "field")), the header \(count)", at: place,
                    advice: "give it one for each column; put fields with commas in quotes")
            }
            let path = PathText.text(of: record.fields[path])
            guard !path.isEmpty else {
                throw UserError(
                    .data, "has an empty path", at: place, advice: "name an image, or remove the line")
            }
            let word = split.map { PathText.text(of: record.fields[$0]) } ?? ""
            guard let part = Row.Part(rawValue: word.isEmpty ? "train" : word.lowercased()) else {
                throw UserError(
                    .data, "has the split `\(word)`", at: place, advice: "use train, val or test")
            }
            let label = PathText.text(of: record.fields[label])
            return Row(
                line: record.line, path: path.hasPrefix("/") ? path : "\(Files.split(file).folder)/\(path)",
                label: label.isEmpty ? nil : label, part: part)
        }
    }
}
