import Datasets
import System
import Tables
import Training

/// What `fce recipe check` found in the data of a recipe or a table.
struct CheckedData: Encodable {
    /// One sentence for people.
    let text: String
    /// Whether the data were there to be read; the numbers are nil where they were not.
    let isRead: Bool
    private(set) var train, test, labelled, unlabelled, heldOut, classes, height, width, channels: Int?

    /// Reads and splits the data as training does.
    /// - Throws: `UserError` for whatever training would refuse, except for missing data.
    init(_ recipe: Recipe) throws {
        do {
            self.init(try ExperimentData(recipe), of: recipe)
        } catch let error as UserError where error.kind == .missing {
            self.init(isRead: false, text: Self.missing(error))
        }
    }

    /// The same for all cells of a table, which have to share their data.
    init(_ cells: TableCells) throws {
        do {
            _ = try DataIdentity.read(cells)
            self.init(isRead: true, text: "the data are those of all rows, and enough for each")
        } catch let error as UserError where error.kind == .missing {
            self.init(isRead: false, text: Self.missing(error))
        }
    }

    private init(isRead: Bool, text: String) {
        self.isRead = isRead
        self.text = text
    }

    private static func missing(_ error: UserError) -> String {
        "without the data, which are not there: \(error.place ?? error.what)"
    }

    private init(_ data: ExperimentData, of recipe: Recipe) {
        let split = data.split
        isRead = true
        (train, test, classes) = (data.train.count, data.test.count, data.train.classes)
        (labelled, unlabelled, heldOut) = (
            split.labelled.count, split.unlabelled.count, split.validation.count
        )
        (height, width, channels) = (data.extents[0], data.extents[1], data.extents[2])
        let parts =
            "\(data.train.count) training and \(data.test.count) test examples of \(data.train.classes) classes; "
            + "\(split.labelled.count) labelled, \(split.unlabelled.count) unlabelled, "
            + "\(split.validation.count) held out"
        let isImage = recipe.data.source != .plane
        let colour = data.extents[2] == 1 ? "grey" : "in colour"
        text = parts + (isImage ? "; images of \(data.extents[1])x\(data.extents[0]) pixels, \(colour)" : "")
    }
}
